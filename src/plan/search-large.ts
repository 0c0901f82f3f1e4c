import { type CompletionBound, createCompletionBound } from "./completion-bound.js";
import { greedyOrder } from "./greedy-order.js";
import { improveOrder } from "./improve-order.js";
import { leastSecInOrder, placeInOrder } from "./place-in-order.js";
import { type FoundOrder, leastSecOfSize, type WorkBudget } from "./search-orders.js";
import { type FoundPlacement, type PlacementAnswer, searchSpaceFor } from "./search-placement.js";
import type { SearchSpace } from "./search-space.js";
import type { SizeRange } from "./size-range.js";
import { restrictSpace } from "./space-subset.js";
import { createWalkBound } from "./walk-bound.js";

/** Partial orders that each exact search may look at in a large cluster: two of them, and local search between them. */
const exactWork = 60_000;
/** Each of them takes time in proportion to the nodes: so many nodes times orders. */
const exactNodeWork = 8_000_000;

/**
 * Searches a cluster of more nodes than can be searched to the end in every case: first exactly, which mostly is enough.
 * Otherwise local search improves what was found; bounds then rule out most nodes, for good, and the rest is searched
 * again. What remains open is stated as a gap to a bound that is proven.
 */
export function searchLarge(space: SearchSpace, sizes: SizeRange, work: WorkBudget): PlacementAnswer {
  const bound = createCompletionBound(space);
  const greedy = greedyOrder(space, sizes);
  const exact = searchWithin(space, sizes, work, greedy?.order);
  if (typeof exact === "string" || exact.optimal === true) return exact;
  const { order } = exact.placement;
  const best = improveOrder(space, bound, { order, sec: leastSecInOrder(space, order) }, sizes);
  const rough = ruleOut(space, bound, sizes, best);
  const part = rough.nodes.length < space.nodeCount ? restrictSpace(space, rough.nodes) : space;
  const partSizes = { ...sizes, maxNodes: Math.min(sizes.maxNodes, part.nodeCount) };
  const inPart = { order: best.order.map((node) => rough.nodes.indexOf(node)), sec: best.sec };
  const fine = part === space ? rough : ruleOut(part, createCompletionBound(part), partSizes, inPart);
  const nodes = fine.nodes.map((node) => (part === space ? node : (rough.nodes[node] ?? 0)));
  const again = searchAgain(space, sizes, work, best, nodes);
  const found = again ?? { placement: placed(space, best), optimal: { gap: 1 } };
  const sec = leastSecInOrder(space, found.placement.order);
  const gap = found.optimal === true ? 0 : Math.max(0, (sec - Math.max(rough.sec, fine.sec)) / sec);
  return { placement: found.placement, optimal: gap === 0 ? true : { gap } };
}

function searchWithin(
  space: SearchSpace,
  sizes: SizeRange,
  work: WorkBudget,
  known: readonly number[] | undefined,
): PlacementAnswer {
  const share = { left: Math.min(work.left, exactWork, Math.ceil(exactNodeWork / space.nodeCount)) };
  const before = share.left;
  const answer = searchSpaceFor(space, sizes, share, known);
  work.left -= before - share.left;
  return answer;
}

function placed(space: SearchSpace, { order, sec }: FoundOrder): FoundPlacement["placement"] {
  const ends = placeInOrder(space, order, sec * (1 + 1e-12));
  if (ends === undefined) throw new Error("a placement that was found can't be built again");
  return { order, ends };
}

/** A bound that no plan of any allowed size beats, and the nodes that a better plan than `best` may have. */
function ruleOut(space: SearchSpace, bound: CompletionBound, sizes: SizeRange, best: FoundOrder) {
  let least = best.sec;
  const possible = new Set(best.order);
  const walkBound = createWalkBound(space);
  for (let size = sizes.minNodes; size <= sizes.maxNodes; size += 1) {
    if (leastSecOfSize(space, bound, size) >= best.sec) continue;
    if (size === 1) {
      least = Math.min(least, leastSecOfSize(space, bound, size));
      continue;
    }
    const { sec, withNode } = walkBound(size, best.sec);
    least = Math.min(least, Math.max(sec, leastSecOfSize(space, bound, size)));
    withNode.forEach((withIt, node) => {
      if (withIt < best.sec) possible.add(node);
    });
  }
  return { sec: least, nodes: [...possible].toSorted((left, right) => left - right) };
}

/** The exact search once more on the nodes that are left; undefined where no node could be ruled out. */
function searchAgain(
  space: SearchSpace,
  sizes: SizeRange,
  work: WorkBudget,
  best: FoundOrder,
  nodes: readonly number[],
): FoundPlacement | undefined {
  if (nodes.length === space.nodeCount) return undefined;
  const part = restrictSpace(space, nodes);
  const known = best.order.map((node) => nodes.indexOf(node));
  const maxNodes = Math.min(sizes.maxNodes, nodes.length);
  const answer = searchWithin(part, { minNodes: sizes.minNodes, maxNodes }, work, known);
  if (typeof answer === "string") return undefined;
  const order = answer.placement.order.map((node) => nodes[node] ?? 0);
  return { ...answer, placement: { order, ends: answer.placement.ends } };
}
