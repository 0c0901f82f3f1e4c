import type { ModelId } from "../cluster/names.js";
import type { InspectedModel } from "../models/inspected-model.js";

/** Looking into a model's files on one node. Errors as of all calls of `AgentLink`. */
export interface ModelInspectLink {
  /**
   * Reads config.json and the headers of the weights, in bounded time. Files that are no use are an answer.
   *
   * @returns undefined when there is no such model on that node
   */
  inspectModel(id: ModelId, signal: AbortSignal): Promise<InspectedModel | undefined>;
}
