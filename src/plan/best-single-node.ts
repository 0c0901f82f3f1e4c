import { compareText } from "./cost-tables.js";
import { evaluatePlacement } from "./evaluate-placement.js";
import type { PlanProblem } from "./plan-problem.js";

/** The fastest node that holds the whole model alone, pins and node counts aside; null where none does. */
export function bestSingleNode(problem: PlanProblem): { readonly node: string; readonly latencySec: number } | null {
  const layers = { start: 0, end: problem.model.layers };
  const alone = problem.nodes
    .filter((node) => !node.cordoned)
    .map((node) => {
      const { latencySec, fits } = evaluatePlacement({ ...problem, nodes: [node] }, [{ node: node.name, layers }]);
      return { node: node.name, latencySec, fits };
    })
    .filter((candidate) => candidate.fits)
    .toSorted((left, right) => left.latencySec - right.latencySec || compareText(left.node, right.node));
  const best = alone[0];
  return best === undefined ? null : { node: best.node, latencySec: best.latencySec };
}
