import type { ModelId } from "../cluster/names.js";
import { inspectModel } from "../models/inspect/inspect-model.js";
import { type InspectedModel, inspectedModel } from "../models/inspected-model.js";
import type { RegistryFiles } from "../register/registry-files.js";
import { boundedFiles, InspectionLimitError } from "./bounded-files.js";
import { refusingBlockedPaths } from "./ensure-entry.js";
import { RefusalError } from "./refusal.js";

/** What an agent tells of the models on its machine. */
export interface ModelInspect {
  /**
   * @returns undefined when there is no such model on this machine
   * @throws RefusalError `not_possible` when looking at it takes too long or too much
   */
  inspectModel(id: ModelId, signal: AbortSignal): Promise<InspectedModel | undefined>;
}

/** Headers of 70 GB are read in well under a second; a sleeping disk takes some seconds to wake up. */
const longestMs = 20_000;
/** config.json, indexes and headers of the largest known models have a few dozen megabytes together. */
const mostBytes = 512 * 2 ** 20;

/** Inspects one model at a time, so that many questions at once take no more memory than one. */
export function createModelInspect(registry: RegistryFiles): ModelInspect {
  let turn: Promise<unknown> = Promise.resolve();
  const inspect = async (id: ModelId, signal: AbortSignal): Promise<InspectedModel | undefined> => {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
    const files = await refusingBlockedPaths(() => registry.openModel(id));
    if (files === undefined) return undefined;
    try {
      const read = boundedFiles(files, { signal: bounded, mostBytes });
      return inspectedModel(id, await inspectModel(read, id));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof InspectionLimitError) throw new RefusalError("not_possible", `${id}: ${error.message}`);
      throw error;
    }
  };
  return {
    inspectModel: (id, signal) => {
      const result = turn.then(() => inspect(id, signal));
      turn = result.catch(() => undefined); // its caller hears of it; the next one only waits for the end
      return result;
    },
  };
}
