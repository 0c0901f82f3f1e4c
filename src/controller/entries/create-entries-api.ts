import { type AddModelDeps, addModel } from "./add-model.js";
import type { EntriesApi } from "./entries-api.js";
import { type RemoveModelDeps, removeModel } from "./remove-model.js";

/** The calls, one after the other: an addition never meets the removal of the same model half way. */
export function createEntriesApi(deps: AddModelDeps & RemoveModelDeps, lifetime: AbortSignal): EntriesApi {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined); // its caller hears of it
    return result;
  };
  return {
    addModel: (request, report) => inTurn(() => addModel(deps, request, report, lifetime)),
    removeModel: (request, report) => inTurn(() => removeModel(deps, request, report, lifetime)),
  };
}
