import type { ClusterGeneration } from "./classic-generation.js";
import type { ModelWork } from "./model-work.js";

/** Work on models by the exo that the cluster runs at this moment. Nodes of both are refused by name, before anything is done. */
export function workByGeneration(parts: {
  readonly modern: ModelWork;
  readonly classic: ModelWork;
  readonly generation: () => ClusterGeneration;
}): ModelWork {
  const now = (): ModelWork => {
    const generation = parts.generation();
    if (generation.kind === "mixed") throw generation.problem;
    return parts[generation.kind];
  };
  return {
    runs: () => {
      const generation = parts.generation();
      if (generation.kind !== "mixed") return parts[generation.kind].runs();
      return parts.modern.runs().map((run) => ({ ...run, trouble: generation.problem }));
    },
    plan: (view, name) => now().plan(view, name),
    whatIf: (view, changes, name) => now().whatIf(view, changes, name),
    preview: async (wanted, name, signal) => await now().preview(wanted, name, signal),
    converge: async (name, report, signal) => await now().converge(name, report, signal),
    idle: async () => void (await Promise.all([parts.modern.idle(), parts.classic.idle()])),
  };
}
