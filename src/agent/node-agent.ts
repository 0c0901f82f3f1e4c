import type { AgentId, ModelId, NodeName } from "../cluster/names.js";
import { type ExoReport, type NodeReport, protocolVersion } from "../cluster/node-report.js";
import type { EntryOutcome, EntrySpec, RegistryReport } from "../cluster/registry-report.js";
import type { PlacedFolders } from "../register/placed-folders.js";
import type { RegistryFiles } from "../register/registry-files.js";
import type { Authority, Caller } from "./authority.js";
import type { DescribeExo } from "./describe-exo.js";
import { describeRegistry } from "./describe-registry.js";
import { ensureEntry } from "./ensure-entry.js";
import type { ExoSupervisor } from "./exo-supervisor.js";
import type { DescribeMachine } from "./machine-facts.js";
import { RefusalError } from "./refusal.js";
import { removeEntry } from "./remove-entry.js";

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
  readonly placed: PlacedFolders;
  readonly authority: Authority;
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
  const { authority } = parts;
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
    describeRegistry: () => describeRegistry(parts.registry, parts.placed),
    takeLease: authority.takeLease,
    ensureEntry: (caller, entry, signal) =>
      authority.act("ensure-entry", caller, () => ensureForRunningExo(parts, entry, signal)),
    removeEntry: (caller, id) => authority.act("remove-entry", caller, () => removeEntry(parts.registry, id)),
    startExo: (caller, signal) =>
      authority.act("start-exo", caller, async () => {
        await startOwnExo(parts, signal);
        return await parts.describeExo(signal);
      }),
    stopExo: (caller, signal) =>
      authority.act("stop-exo", caller, async () => {
        await stopOwnExo(parts, signal);
        return await parts.describeExo(signal);
      }),
  };
}
