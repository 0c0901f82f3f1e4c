import type { LayerRange } from "../cluster/layer-range.js";
import type { ModelSpec } from "../models/model-spec.js";
import type { Reason } from "./reason.js";

export interface PlanNode {
  readonly name: string;
  readonly chip?: string;
  /** Most memory that the model, its caches and the reserve may take. */
  readonly budgetBytes: number;
  /** Kept free for workspace and caches. */
  readonly reserveBytes: number;
  readonly effBytesPerSec: number;
  readonly overheadSecPerLayer: number;
  readonly cordoned: boolean;
  /** False where chip constants were guessed. */
  readonly calibrated: boolean;
  /** RAM of the machine, where known. Only exo's own rules look at it. */
  readonly memoryBytes?: number;
  /** RAM that exo would report as available, where known. */
  readonly availableBytes?: number;
  /** Where the speed comes from; `stated` unless told otherwise. */
  readonly speedFrom?: SpeedSource;
  /** Arithmetic that prefill reaches, FLOP per second. Guessed from the bandwidth where absent. */
  readonly prefillFlopsPerSec?: number;
}

/** `measured`: fitted to step times; `chip`: the table of published figures; `guessed`: a relative's, or half the bandwidth. */
export type SpeedSource = "measured" | "stated" | "chip" | "guessed";

/** A directed link. */
export interface PlanLink {
  readonly from: string;
  readonly to: string;
  /** Everything of a hop that does not grow with size. */
  readonly alphaSec: number;
  readonly bytesPerSec: number;
  readonly kind?: string;
  /** True where the latency was fitted to measured step times. */
  readonly measured?: boolean;
}

export interface Workload {
  readonly contextTokens: number;
  /** Sequences resident in memory. */
  readonly concurrency: number;
  /** Sequences per decode step. */
  readonly batch: number;
}

export type Objective = "latency" | "bottleneck" | "throughput";
export type OutputPolicy = "replicated" | "tail";

/** A question for the planner, checked and with every default filled in. */
export interface PlanProblem {
  readonly nodes: readonly PlanNode[];
  readonly links: readonly PlanLink[];
  /** What tensor pairs talk over, where `links` are for pipelines only; otherwise the RDMA links among those. */
  readonly tensorLinks?: readonly PlanLink[];
  readonly defaultLink?: { readonly alphaSec: number; readonly bytesPerSec: number };
  readonly model: ModelSpec;
  readonly workload: Workload;
  readonly objective: Objective;
  readonly outputPolicy: OutputPolicy;
  readonly sharding: "pipeline" | "tensor" | "auto";
  readonly replicas: 1 | "auto";
  readonly minNodes: number;
  readonly maxNodes: number;
  readonly pins: readonly { readonly node: string; readonly layers: LayerRange }[];
  /** Whose the pins are. Absent: the admin's. */
  readonly pinnedBy?: "exo";
  /** The share of their memory limit that budgets were cut to; all of it where absent. A newcomer is treated alike. */
  readonly limitShare?: number;
  /** What was found while the problem was put together, such as measurements that could not be used. */
  readonly notes?: readonly Reason[];
  /** What runs now, by rank, where it shall be judged whether to move. */
  readonly running?: readonly { readonly node: string; readonly layers: LayerRange }[];
}
