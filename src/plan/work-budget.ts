import type { SearchSpace } from "./search-space.js";

/** How much a search may still do. Shared by the searches of one plan, so that it always ends. One unit is some 10 us. */
export interface WorkBudget {
  left: number;
}

/** A share of what is left, to be given back with `settle`. */
export function shareOf(work: WorkBudget, most: number): WorkBudget & { settle(): void } {
  const given = Math.max(0, Math.min(work.left, most));
  const share = {
    left: given,
    settle: (): void => {
      work.left -= given - share.left;
    },
  };
  return share;
}

/** What one plan may take: up to 16 nodes as much as a proof needs, above that a second or two, and ten for a thousand. */
export const usualWork = (nodes: number): number => (nodes <= 16 ? 600_000 : 100_000 + 500 * nodes);

/** Comparisons of a table that make one unit, and those of a depth-first search. */
const fillStepsInUnit = 400;
const diveStepsInUnit = 1000;

/** Blocks that can come behind the first rank, of all nodes together: what long models and roomy nodes have many of. */
function countBlocks({ nodeCount, layers, ends }: SearchSpace): number {
  const { near, far } = ends.middle;
  let blocks = 0;
  for (let at = 0; at < nodeCount * (layers + 1); at += 1) blocks += Math.max(0, (far[at] ?? 0) - (near[at] ?? 0) + 1);
  return blocks;
}

/** Work of filling the tables of a ring bound once. */
export const workOfFill = (space: SearchSpace, levels: number): number =>
  Math.ceil(levels * Math.max(1.5 * space.nodeCount, countBlocks(space) / fillStepsInUnit));

/** Work of one partial order in a depth-first search: a look at every node that could come next, and its blocks. */
export const workOfOrder = (space: SearchSpace): number =>
  Math.max(1, (space.nodeCount * space.layers + countBlocks(space) / space.nodeCount) / diveStepsInUnit);
