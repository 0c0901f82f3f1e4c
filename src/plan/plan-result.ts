import type { Objective } from "./plan-problem.js";

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
}

/** Something a person can read and a program can test. */
export interface Reason {
  readonly code: string;
  readonly node?: string;
  readonly bytes?: number;
  readonly message: string;
  readonly fix?: string;
}

export interface Prediction {
  readonly latencySec: number;
  readonly periodSec: number;
  readonly decodeTokensPerSec: number;
  readonly aggregateTokensPerSec: number;
  readonly prefillTokensPerSec: number;
  /** Fraction: 0.1 calibrated, 0.25 not. */
  readonly errorBand: number;
  readonly bindingConstraint: "memory" | "link" | "compute" | "pin";
}

export interface ExoDefault {
  readonly stages?: readonly { readonly node: string; readonly startLayer: number; readonly endLayer: number }[];
  readonly latencySec?: number;
  readonly error?: string;
}

export interface Plan {
  readonly kind: "plan";
  readonly model: string;
  readonly objective: Objective;
  readonly replicas: readonly Replica[];
  readonly predicted: Prediction;
  /** True, or by what fraction the optimum could be better. */
  readonly optimal: true | { readonly gap: number };
  readonly bestSingleNode: { readonly node: string; readonly latencySec: number } | null;
  /** What exo itself would do on the same cluster; null when not asked for. */
  readonly exoDefault: { readonly modern: ExoDefault; readonly classic: ExoDefault } | null;
  readonly reasons: readonly Reason[];
  readonly shortfalls: readonly Reason[];
}

export interface Infeasible {
  readonly kind: "infeasible";
  readonly model: string;
  readonly objective: Objective;
  readonly replicas: readonly [];
  readonly reasons: readonly Reason[];
  readonly shortfalls: readonly Reason[];
}

export type PlanResult = Plan | Infeasible;
