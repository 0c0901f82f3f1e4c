/** One change that alone would make an infeasible problem feasible. */
export type Change =
  | { readonly kind: "context"; readonly contextTokens: number }
  | { readonly kind: "concurrency"; readonly concurrency: number }
  /** Both, where neither alone would do. */
  | { readonly kind: "workload"; readonly contextTokens: number; readonly concurrency: number }
  | { readonly kind: "uncordon"; readonly node: string }
  | { readonly kind: "maxNodes"; readonly maxNodes: number }
  | { readonly kind: "link"; readonly from: string; readonly to: string; readonly directions: "one" | "both" }
  /** So many more nodes of this kind, as `--what-if add=` takes it. */
  | { readonly kind: "node"; readonly add: string; readonly memoryGib: number; readonly count: number };

/** Something a person can read and a program can test. */
export interface Reason {
  readonly code: string;
  readonly node?: string;
  readonly bytes?: number;
  readonly message: string;
  readonly fix?: string;
  /** Each would do alone; smallest of its kind. */
  readonly changes?: readonly Change[];
}
