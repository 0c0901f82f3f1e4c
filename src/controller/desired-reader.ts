import type { ModelEntry } from "../config/cluster-spec.js";
import { readDesiredModels } from "./desired-models.js";
import type { DesiredState, StateStore } from "./state-store.js";

export type DesiredReader = () => { readonly generation: number; readonly models: readonly ModelEntry[] };

/** The desired state, checked once for each generation instead of at every look. */
export function desiredReader(store: StateStore): DesiredReader {
  let read: { readonly of: DesiredState; readonly models: readonly ModelEntry[] } | undefined;
  return () => {
    const desired = store.desired();
    if (desired === undefined) return { generation: 0, models: [] };
    if (read?.of !== desired) read = { of: desired, models: readDesiredModels(desired) };
    return { generation: desired.generation, models: read.models };
  };
}
