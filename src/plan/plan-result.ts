import type { Objective } from "./plan-problem.js";
import type { Reason } from "./reason.js";

/** What one node does in a replica. Field names are the contract of `exoctl plan -o json`. */
export interface Stage {
  readonly node: string;
  readonly rank: number;
  readonly startLayer: number;
  /** Excluded. */
  readonly endLayer: number;
  readonly weightBytes: number;
  readonly kvBytes: number;
  /** Embedding, head and final norm held on this node. */
  readonly fixedBytes: number;
  readonly reserveBytes: number;
  readonly budgetBytes: number;
}

export interface Replica {
  readonly sharding: "pipeline" | "tensor";
  /** By rank. */
  readonly stages: readonly Stage[];
  /** One decode step. */
  readonly latencySec: number;
  /** The slowest stage or link of a step. */
  readonly periodSec: number;
  /** By rank: seconds of a stage's layers and, where it computes it, of the output head. */
  readonly stageSec?: readonly number[];
  /** All hops of a step, or all reductions of a tensor group. */
  readonly hopsSec?: number;
}

export interface Prediction {
  readonly latencySec: number;
  readonly periodSec: number;
  readonly decodeTokensPerSec: number;
  readonly aggregateTokensPerSec: number;
  readonly prefillTokensPerSec: number;
  /** Fraction: 0.1 calibrated, 0.25 not. */
  readonly errorBand: number;
  /** `exo`: the rules by which exo 0.0.x divides the layers. */
  readonly bindingConstraint: "memory" | "link" | "compute" | "pin" | "exo";
}

/** Stages and what they cost, or why exo ends up with nothing that runs. */
export interface ExoDefault {
  readonly stages?: readonly { readonly node: string; readonly startLayer: number; readonly endLayer: number }[];
  readonly latencySec?: number;
  readonly periodSec?: number;
  readonly error?: string;
  /** Such as `overruns_memory`; what programs go by. */
  readonly errorCode?: string;
}

/** What exo's two generations would do by themselves. */
export interface ExoDefaults {
  readonly modern: ExoDefault;
  readonly classic: ExoDefault;
}

export interface Plan {
  readonly kind: "plan";
  readonly model: string;
  readonly objective: Objective;
  readonly replicas: readonly Replica[];
  readonly predicted: Prediction;
  /** True, or by what fraction the optimum could be better. Of a ring of exo 0.0.x: the optimum of what its rules permit. */
  readonly optimal: true | { readonly gap: number };
  readonly bestSingleNode: { readonly node: string; readonly latencySec: number } | null;
  /** What exo itself would do on the same cluster. */
  readonly exoDefault: ExoDefaults | null;
  readonly reasons: readonly Reason[];
  readonly shortfalls: readonly Reason[];
  /** Whether to move to this plan, where the problem says what runs now. */
  readonly replan?: Replan;
}

/** What moving a running placement would bring and cost. */
export interface Replan {
  readonly verdict: "keep" | "move" | "must-move";
  /** Fraction by which the objective gets shorter: negative where the running placement is better. */
  readonly gain: number;
  readonly runningSec: number | null;
  readonly plannedSec: number;
  /** Layers that a node has to load and does not hold now. */
  readonly moves: readonly { readonly node: string; readonly layers: readonly number[] }[];
  readonly bytesToLoad: number;
  readonly reasons: readonly Reason[];
}

export interface Infeasible {
  readonly kind: "infeasible";
  readonly model: string;
  readonly objective: Objective;
  readonly replicas: readonly [];
  readonly predicted?: null;
  readonly optimal?: null;
  /** A node that holds the model alone, where node counts or pins are what forbids it. */
  readonly bestSingleNode?: { readonly node: string; readonly latencySec: number } | null;
  /** exo may well start what does not fit. */
  readonly exoDefault?: ExoDefaults;
  readonly reasons: readonly Reason[];
  readonly shortfalls: readonly Reason[];
}

export type PlanResult = Plan | Infeasible;
