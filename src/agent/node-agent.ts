import type { AgentId, ModelId, NodeName } from "../cluster/names.js";
import { type ExoReport, type NodeReport, protocolVersion } from "../cluster/node-report.js";
import type { EntryOutcome, EntrySpec, RegistryReport } from "../cluster/registry-report.js";
import type { RegistryFiles } from "../register/registry-files.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { DescribeExo } from "./describe-exo.js";
import type { DescribeMachine } from "./describe-node.js";
import { describeRegistry } from "./describe-registry.js";
import { ensureEntry } from "./ensure-entry.js";
import type { ExoSupervisor } from "./exo-supervisor.js";
import { checkLease, grantLease, type Lease, leaseValidMs } from "./lease.js";
import { RefusalError } from "./refusal.js";
import { removeEntry } from "./remove-entry.js";

/** Who calls, as the transport has proven it, and what the call shows. */
export interface Caller {
  /** Pin of the public key that the connection was made with. */
  readonly pin: string;
  /** Absent when the caller showed no lease. */
  readonly term: number | undefined;
  /** Absent when the caller did not say. */
  readonly protocolVersion: number | undefined;
}

/** What an agent does for its controller. Everything rejects with `RefusalError` when the answer is no. */
export interface NodeAgent {
  describe(signal: AbortSignal): Promise<NodeReport>;
  exoStatus(signal: AbortSignal): Promise<ExoReport>;
  describeRegistry(): Promise<RegistryReport>;
  takeLease(caller: Caller, term: number): { readonly term: number; readonly validMs: number };
  ensureEntry(caller: Caller, entry: EntrySpec, signal: AbortSignal): Promise<EntryOutcome>;
  removeEntry(caller: Caller, id: ModelId): Promise<"removed" | "absent">;
  startExo(caller: Caller, signal: AbortSignal): Promise<ExoReport>;
  stopExo(caller: Caller, signal: AbortSignal): Promise<ExoReport>;
}

export interface NodeAgentParts {
  readonly agentId: AgentId;
  /** What the node is called now; the controller chooses at enrolment. */
  readonly name: () => NodeName;
  readonly agentVersion: string;
  readonly machine: "real" | "simulated";
  readonly describeMachine: DescribeMachine;
  readonly describeExo: DescribeExo;
  /** Absent where the agent was not told how to start exo. */
  readonly supervisor: ExoSupervisor | undefined;
  readonly registry: RegistryFiles;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts exo through the supervisor, unless an exo that is not ours already answers. */
async function startOwnExo({ supervisor, describeExo }: NodeAgentParts, signal: AbortSignal): Promise<void> {
  if (supervisor === undefined) {
    throw new RefusalError("not_possible", "this agent was not told how to start exo; start it on the machine itself");
  }
  const exo = await describeExo(signal);
  if (exo.state === "running" && !exo.managed) {
    throw new RefusalError(
      "not_possible",
      `an exo that this agent did not start already answers on port ${exo.apiPort}`,
    );
  }
  await supervisor.start();
}

async function stopOwnExo({ supervisor, describeExo }: NodeAgentParts, signal: AbortSignal): Promise<void> {
  const outcome = (await supervisor?.stop()) ?? "already-stopped";
  if (outcome === "stopped") return;
  const exo = await describeExo(signal);
  if (exo.state === "running") {
    throw new RefusalError("not_possible", "exo was started by somebody else; this agent does not stop it");
  }
}

async function ensureForRunningExo(
  { describeExo, registry }: NodeAgentParts,
  entry: EntrySpec,
  signal: AbortSignal,
): Promise<EntryOutcome> {
  const { variant } = await describeExo(signal);
  if (variant === undefined) {
    throw new RefusalError("not_possible", "exo does not answer here, so the form of its model cards is not known");
  }
  return await ensureEntry(registry, entry, variant);
}

/** The agent as its controller sees it: observing is free, acting takes the lease and happens one call at a time. */
export function createNodeAgent(parts: NodeAgentParts): NodeAgent {
  const { clock, logger } = parts;
  let lease: Lease | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const checkVersion = ({ protocolVersion: theirs }: Caller): void => {
    if (theirs === protocolVersion) return;
    const said = theirs === undefined ? "does not say which protocol it speaks" : `speaks protocol ${theirs}`;
    throw new RefusalError("not_possible", `the controller ${said}; this agent acts on ${protocolVersion} only`);
  };
  const act = <T>(action: string, caller: Caller, work: () => Promise<T>): Promise<T> => {
    const result = turn.then(async () => {
      checkVersion(caller);
      const answer = checkLease(lease, { holder: caller.pin, term: caller.term, now: clock.now() });
      if (answer.kind === "refused") throw new RefusalError(answer.code, answer.message);
      const outcome = await work();
      logger.info("acted for the controller", { action, term: caller.term, outcome });
      return outcome;
    });
    // The caller sees the failure; the next one in line only waits for the end.
    turn = result.catch(() => undefined);
    return result;
  };

  return {
    describe: async (signal) => ({
      agentId: parts.agentId,
      name: parts.name(),
      protocolVersion,
      agentVersion: parts.agentVersion,
      simulated: parts.machine === "simulated",
      ...(await parts.describeMachine(signal)),
      exo: await parts.describeExo(signal),
    }),
    exoStatus: (signal) => parts.describeExo(signal),
    describeRegistry: () => describeRegistry(parts.registry),
    takeLease: (caller, term) => {
      checkVersion(caller);
      const answer = grantLease(lease, { holder: caller.pin, term, now: clock.now() });
      if (answer.kind === "refused") throw new RefusalError(answer.code, answer.message);
      if (lease?.term !== term) logger.info("lease granted", { term });
      lease = answer.lease;
      return { term, validMs: leaseValidMs };
    },
    ensureEntry: (caller, entry, signal) =>
      act("ensure-entry", caller, () => ensureForRunningExo(parts, entry, signal)),
    removeEntry: (caller, id) => act("remove-entry", caller, () => removeEntry(parts.registry, id)),
    startExo: (caller, signal) =>
      act("start-exo", caller, async () => {
        await startOwnExo(parts, signal);
        return await parts.describeExo(signal);
      }),
    stopExo: (caller, signal) =>
      act("stop-exo", caller, async () => {
        await stopOwnExo(parts, signal);
        return await parts.describeExo(signal);
      }),
  };
}
