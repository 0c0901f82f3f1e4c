import type { ModelId, NodeName } from "../cluster/names.js";

/** What is copied where. */
export interface WeightsOrder {
  readonly modelId: ModelId;
  readonly to: readonly NodeName[];
  /** Absent: every node that has them gives. */
  readonly from?: NodeName;
}

/** Copies a model's weights between nodes, verified; the agents do it among themselves. */
export interface WeightsCopier {
  /**
   * @param note is told how far it is, one line for people each time
   * @returns what happened, one line
   * @throws Problem when a node did not get them; what was verified stays there for the next time
   */
  copy(order: WeightsOrder, note: (text: string) => void, signal: AbortSignal): Promise<string>;
}
