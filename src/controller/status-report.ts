import type { FoundBy } from "../discover/exo/exo-hints.js";
import type { FoundExo } from "../discover/exo/found-exo.js";
import type { Separation } from "../discover/exo/separation.js";
import type { Prediction, Stage } from "../plan/plan-result.js";

/** `ready`: may take layers. `waiting`: enrolled, and nobody has approved it. `not-ready`: enrolled or known, with reasons. `unreachable`: did not answer lately. */
export type NodeState = "ready" | "not-ready" | "unreachable" | "cordoned" | "waiting";

export interface NodeStatus {
  readonly name: string;
  readonly state: NodeState;
  /** Why it is not ready, one sentence each. */
  readonly reasons: readonly string[];
  readonly chip: string;
  readonly memoryBytes: number;
  /** Most that a model may occupy there. */
  readonly workingSetBytes: number;
}

/** One stage of a running placement. The memory figures are known while the plan that made it is. */
export interface StageStatus extends Pick<Stage, "node" | "rank" | "startLayer" | "endLayer"> {
  readonly weightBytes?: number;
  readonly kvBytes?: number;
  readonly fixedBytes?: number;
  readonly reserveBytes?: number;
  readonly budgetBytes?: number;
}

/** One copy of a model: an instance of ours, and its part of the answer. */
export interface CopyStatus {
  /** exo's instance id. */
  readonly instance: string;
  /** The id that exo runs this copy by. */
  readonly modelId: string;
  readonly state: "ready" | "loading" | "unavailable";
  readonly reason: string | null;
  /** Each member of a tensor pair has all layers. */
  readonly sharding: "pipeline" | "tensor" | "other" | "unknown";
  /** By rank. */
  readonly stages: readonly StageStatus[];
  /** What one request gets; null when the plan that made this copy is not known. */
  readonly predictedTokensPerSec: number | null;
}

export interface ModelStatus {
  readonly name: string;
  readonly state: "ready" | "loading" | "unavailable";
  readonly reason: string | null;
  /** exo's instance id of the first copy, or null when there is none. */
  readonly instance: string | null;
  /** Total layers of the model; 0 while nobody knows it. */
  readonly layers: number;
  /** Of the first copy. */
  readonly stages: readonly StageStatus[];
  /** Those that serve come first. */
  readonly copies: readonly CopyStatus[];
  readonly predicted: Prediction | null;
}

/** The ring of a cluster of exo 0.0.x. */
export interface RingStatus {
  /** Whether all nodes agree, on the layers that were planned. */
  readonly state: "whole" | "broken";
  /** Nodes in the order of their layers, as planned; empty while nothing is. */
  readonly order: readonly string[];
  /** Nodes whose exo was made to report another memory than the machine's, for as long as it runs. */
  readonly forced: readonly { readonly node: string; readonly memoryMb: number }[];
  readonly problems: readonly string[];
}

/** What `exoctl status -o json` prints. */
export interface StatusReport {
  readonly simulated: boolean;
  readonly cluster: string;
  readonly generation: number;
  readonly gateway: string;
  readonly nodes: readonly NodeStatus[];
  readonly models: readonly ModelStatus[];
  /** Only where the nodes run exo 0.0.x. */
  readonly ring?: RingStatus;
  readonly problems: readonly string[];
}

/** One line of `exoctl discover`. */
export interface DiscoveredHost {
  readonly name: string;
  readonly address: string;
  readonly kind: "agent" | "mac" | "exo";
  readonly usable: boolean;
  readonly why: string;
  /** Of the exo that runs there, as are the four below; absent when none was found. */
  readonly generation?: FoundExo["generation"];
  /** The oldest release that it can be. Absent below 1.0.68. */
  readonly variant?: string;
  readonly nodeId?: string;
  /** exo after 1.0.71: the name of its namespace, or `#` and what stands for it on the wire. */
  readonly namespace?: string;
  /** Why it is not in one cluster with others, each with what mends it. */
  readonly problems?: readonly Separation[];
  /** All addresses at which it was seen, `address` among them. */
  readonly addresses?: readonly string[];
  readonly foundBy?: readonly FoundBy[];
  /** `hw.model`, as the machine says. */
  readonly macModel?: string;
  readonly macosMajor?: number;
}
