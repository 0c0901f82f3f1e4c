import type { NodeName } from "../cluster/names.js";
import { AgentRefusedError, AgentUnreachableError } from "../inventory/agent-link.js";
import type { DeployedInstance } from "../inventory/deployment.js";
import { ExoAnswerError, ExoUnreachableError } from "../inventory/exo-state.js";
import { UnknownCardFieldError } from "../register/render-card.js";
import { Problem } from "../runtime/problem.js";

const gibibytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

export const nodeNotReady = (node: NodeName, reasons: readonly string[]): Problem =>
  new Problem(
    "failed",
    "node_not_ready",
    `${node} cannot take layers: ${reasons.join("; ")}`,
    "see `exoctl status` for what every node is waiting for",
  );

export const nodeUnknown = (node: NodeName): Problem =>
  new Problem("failed", "node_unknown", `${node} is part of the plan but not of the cluster`, "plan again");

export const noWeights = (node: NodeName, modelId: string): Problem =>
  new Problem(
    "failed",
    "no_weights",
    `${node} has no complete files of ${modelId}, and nobody publishes them`,
    `copy them there, for example by \`exoctl model sync ${modelId}\``,
  );

export const sourceUnknown = (node: NodeName): Problem =>
  new Problem(
    "failed",
    "no_source",
    `the weights are to come from ${node}, and there is no node of that name`,
    "correct `source` in the cluster file, or enrol that node",
  );

export const sourceLacks = (node: NodeName, modelId: string): Problem =>
  new Problem(
    "failed",
    "no_source",
    `the weights are to come from ${node}, and it has no complete files of ${modelId}`,
    `bring them there first, for example by \`exoctl model sync ${modelId} --to ${node}\`, or use \`source: exo\``,
  );

export const noRegistry = (node: NodeName): Problem =>
  new Problem(
    "unreachable",
    "agent_unreachable",
    `the agent on ${node} does not tell what is in its registry`,
    "check that the agent runs there, or use `entry: builtin` where there are no agents",
  );

export const noExo = (): Problem =>
  new Problem(
    "unreachable",
    "exo_unreachable",
    "no exo answers on any node of the plan",
    "check that exo runs there and that TCP port 52415 can be reached from this machine",
  );

export const noLink = (from: NodeName, to: NodeName): Problem =>
  new Problem(
    "failed",
    "no_link",
    `exo on ${from} has found no IPv4 connection to ${to}`,
    `check the cable or network between ${from} and ${to}; both exos must use the same API port`,
  );

export const noRdma = (from: NodeName, to: NodeName): Problem =>
  new Problem(
    "failed",
    "no_rdma",
    `a tensor pair needs RDMA, and exo on ${from} shows none to ${to}`,
    `check the Thunderbolt 5 cable and \`rdma_ctl status\` on both, or ask for sharding: pipeline`,
  );

/** Every copy needs a model id of its own, and exo's own card is one id. */
export const oneIdForCopies = (copies: number): Problem =>
  new Problem(
    "failed",
    "copies_need_entries",
    `${copies} copies need as many registry entries, and exo's own card is one`,
    "use agents and `entry: own`, or ask for replicas: 1",
  );

export const notListed = (modelId: string, node: NodeName): Problem =>
  new Problem(
    "failed",
    "entry_not_listed",
    `exo on ${node} does not list ${modelId}, although its registry was read again`,
    "exo skips a card that it does not understand; its log may say why, and a restart of exo there reads it afresh",
  );

export const builtinNotListed = (modelId: string, node: NodeName): Problem =>
  new Problem(
    "failed",
    "entry_not_listed",
    `exo on ${node} has no card of ${modelId}`,
    "use an exo from 1.0.68 on, or agents and `entry: own`",
  );

/** exo's own rule: the size on the card against the free memory of all nodes together. */
export function memoryShort(neededBytes: number, freeBytes: number, foreign: readonly DeployedInstance[]): Problem {
  const others = foreign.map((instance) => `${instance.id} (${instance.modelId})`).join(", ");
  return new Problem(
    "failed",
    "exo_memory",
    `exo counts ${gibibytes(freeBytes)} free on all nodes together and wants ${gibibytes(neededBytes)}: ${gibibytes(neededBytes - freeBytes)} are missing`,
    others === ""
      ? "close other programs on these Macs, or add a node"
      : `instances that exoctl did not make hold memory: ${others}; end them in exo`,
  );
}

const hintOfExo = "see exo's log on that node";

/** Turns what a port rejected with into something a person can use; other errors are faults of ours and stay as they are. */
export function asProblem(error: unknown, doing: string): unknown {
  if (error instanceof ExoUnreachableError) {
    const { host, port } = error.address;
    const hint = `check that exo runs there and that ${host}:${port} can be reached from this machine`;
    return new Problem("unreachable", "exo_unreachable", `cannot ${doing}: ${error.message}`, hint, { cause: error });
  }
  if (error instanceof ExoAnswerError) {
    return new Problem("failed", "exo_refused", `cannot ${doing}: ${error.message}`, hintOfExo, { cause: error });
  }
  if (error instanceof AgentUnreachableError) {
    const hint = "check that `exoctl agent` runs there";
    return new Problem("unreachable", error.code, `cannot ${doing}: ${error.message}`, hint, { cause: error });
  }
  if (error instanceof AgentRefusedError) {
    return new Problem("failed", "agent_refused", `cannot ${doing}: ${error.message}`, undefined, { cause: error });
  }
  if (error instanceof UnknownCardFieldError) {
    const hint = "a newer exoctl may know this exo; until then use `entry: builtin`";
    return new Problem("failed", error.code, `cannot ${doing}: ${error.message}`, hint, { cause: error });
  }
  return error;
}

/** Requests would reach an instance that is not ours. */
export const foreignRival = (instanceId: string, modelId: string): Problem =>
  new Problem(
    "failed",
    "foreign_instance",
    `instance ${instanceId}, which this cluster's exoctl did not make, already runs ${modelId}, and exo would mix both`,
    "delete that instance in exo, or let it serve and leave this model out",
  );
