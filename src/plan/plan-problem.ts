import type { LayerRange } from "../cluster/layer-range.js";
import type { ModelSpec } from "../models/model-spec.js";

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
  /** Arithmetic that prefill reaches, FLOP per second. Guessed from the bandwidth where absent. */
  readonly prefillFlopsPerSec?: number;
}

/** A directed link. */
export interface PlanLink {
  readonly from: string;
  readonly to: string;
  /** Everything of a hop that does not grow with size. */
  readonly alphaSec: number;
  readonly bytesPerSec: number;
  readonly kind?: string;
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
}
