import { bestPartitions } from "./best-partitions.js";
import { findBlockEnds } from "./block-ends.js";
import { type ChosenCopies, type ChosenCopy, chooseCopy, nodesOf, rateOf, sortedCopies } from "./choose-copy.js";
import { type OtherCopy, searchPrices } from "./copy-prices.js";
import { createCopyRates } from "./copy-rates.js";
import { compareText, prepareTables } from "./cost-tables.js";
import { atLeast } from "./node-counting.js";
import { packCopies } from "./pack-copies.js";
import { leastSecInOrder } from "./place-in-order.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import { createRingBound } from "./ring-bound.js";
import { latencySpace, type SearchSpace } from "./search-space.js";
import { sizeRange } from "./size-range.js";
import { evaluateTensorPair, tensorPairs } from "./tensor-pair.js";
import { shareOf, type WorkBudget } from "./work-budget.js";

/** Nodes that are divided anew at a time, every division considered. */
const reworkedNodes = 12;
/** How much of the work goes into finding prices at most. */
const priceShare = 0.35;
/** How much of what is left goes into dividing pairs anew at most. */
const reworkShare = 0.5;
/** In larger clusters, taking one fastest copy after the other costs more than it brings. */
const greedyNodes = 24;
/** Work of preparing for that. */
const reworkWork = 500;

/**
 * Copies on disjoint nodes where there are too many to consider every division: nodes are priced, copies packed by what they
 * bring for the price, and pairs of them divided anew with idle nodes. The gap is to the sum of all prices, which no
 * division can beat.
 */
export function chooseManyCopies(problem: PlanProblem, work: WorkBudget): ChosenCopies | "none" | "exhausted" {
  const pinning = shareOf(work, work.left / 2);
  const pinned = problem.pins.length === 0 ? undefined : chooseCopy(problem, pinning);
  pinning.settle();
  if (typeof pinned === "string") return pinned;
  const begun = pinned === undefined ? [] : [pinned];
  const free = { ...problem, pins: [] };
  const { copies, mostRate } = packed(withoutNodes(free, begun), work);
  const reworking = shareOf(work, reworkShare * work.left);
  const all = [copies, greedy(withoutNodes(free, begun), reworking)]
    .map((start) => improved(free, begun, [...begun, ...start], reworking))
    .reduce((best, other) => (rateOf(problem, other) > rateOf(problem, best) ? other : best));
  reworking.settle();
  if (all.length === 0) return work.left <= 0 ? "exhausted" : "none";
  const whole = begun.length === 0 ? mostRate : packed(free, work).mostRate;
  const gap = Math.max(0, 1 - rateOf(problem, all) / (whole * problem.workload.batch));
  return { copies: sortedCopies(all), optimal: gap <= 1e-12 ? true : { gap } };
}

/** The problem on those usable nodes that no copy has. */
function withoutNodes(problem: PlanProblem, copies: readonly ChosenCopy[]): PlanProblem {
  const taken = new Set(copies.flatMap((copy) => copy.placed.map((stage) => stage.node)));
  const nodes = problem.nodes.filter((node) => !node.cordoned && !taken.has(node.name));
  return { ...problem, nodes, maxNodes: Math.min(problem.maxNodes - nodesOf(copies), nodes.length) };
}

interface Packed {
  readonly copies: readonly ChosenCopy[];
  readonly mostRate: number;
}

function packed(problem: PlanProblem, work: WorkBudget): Packed {
  const tables = prepareTables(problem, "usable");
  const space = latencySpace(problem, tables, findBlockEnds(problem, tables));
  const rings = problem.sharding === "tensor" ? withoutHops(space) : space;
  const bound = createRingBound(rings, atLeast(problem.minNodes - 1));
  const others = otherCopies(problem, space);
  const pricing = shareOf(work, priceShare * work.left);
  const prices = searchPrices(rings, bound, others, pricing);
  pricing.settle();
  const sizes = { ...sizeRange(problem, tables), maxNodes: problem.maxNodes };
  const chosen = packCopies(rings, bound, others, prices, sizes, work);
  const nameOf = (node: number): string => tables.nodes[node]?.name ?? "";
  const copies = chosen.flatMap(({ nodes }) => copyOn(problem, nodes.map(nameOf), work));
  return { copies, mostRate: prices.mostRate };
}

const withoutHops = (space: SearchSpace): SearchSpace => ({
  ...space,
  hopSec: space.hopSec.map(() => Number.POSITIVE_INFINITY),
});

/** What may serve without being a ring: nodes that can do it alone, and tensor pairs. */
function otherCopies(problem: PlanProblem, space: SearchSpace): readonly OtherCopy[] {
  const names = problem.nodes.map((node) => node.name).toSorted(compareText);
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const mayBeAlone = problem.minNodes <= 1 && problem.maxNodes >= 1 && problem.sharding !== "tensor";
  const alone = mayBeAlone ? names.map((_, node) => ({ nodes: [node], sec: leastSecInOrder(space, [node]) })) : [];
  const pairs = problem.sharding === "pipeline" ? [] : tensorPairs(problem);
  const paired = pairs
    .map((pair) => ({ pair, evaluation: evaluateTensorPair(problem, pair) }))
    .filter(({ evaluation }) => evaluation.fits)
    .map(({ pair, evaluation }) => ({ nodes: pair.map((name) => indexOf.get(name) ?? 0), sec: evaluation.latencySec }));
  return [...alone.filter(({ sec }) => sec < Number.POSITIVE_INFINITY), ...paired];
}

/** One fastest copy after the other; none in clusters that are too large for it. Good where only a few copies fit. */
function greedy(problem: PlanProblem, work: WorkBudget): readonly ChosenCopy[] {
  const copies: ChosenCopy[] = [];
  if (problem.nodes.length > greedyNodes) return copies;
  for (;;) {
    const rest = withoutNodes(problem, copies);
    const copy = rest.nodes.length === 0 ? "none" : chooseCopy(rest, work);
    if (typeof copy === "string") return copies;
    copies.push(copy);
  }
}

/** The best copy on exactly these nodes. */
function copyOn(problem: PlanProblem, names: readonly string[], work: WorkBudget): readonly ChosenCopy[] {
  const nodes = problem.nodes.filter((node) => names.includes(node.name));
  const links = problem.links.filter((link) => names.includes(link.from) && names.includes(link.to));
  const exactly = { ...problem, nodes, links, minNodes: names.length, maxNodes: names.length };
  const copy = chooseCopy(exactly, work);
  return typeof copy === "string" ? [] : [copy];
}

/** Divides rings anew with idle nodes, alone and in pairs, neighbours by speed first, as long as there is work left. */
function improved(
  problem: PlanProblem,
  fixed: readonly ChosenCopy[],
  begin: readonly ChosenCopy[],
  work: WorkBudget,
): readonly ChosenCopy[] {
  let copies = begin;
  const rings = sortedCopies(begin)
    .filter((copy) => copy.placed.length > 1 && !fixed.includes(copy))
    .toReversed();
  for (let apart = 0; apart < rings.length; apart += 1) {
    for (const [index, one] of rings.entries()) {
      const group = [...new Set([one, rings[index + apart] ?? one])];
      if (work.left <= 0) return copies;
      const isThere = group.every((copy) => copies.includes(copy));
      if (isThere && group.length === Math.min(2, apart + 1)) copies = reworked(problem, copies, group, work);
    }
  }
  return copies;
}

/** Some rings and idle nodes, divided anew; the old way where that is no better. */
function reworked(
  problem: PlanProblem,
  copies: readonly ChosenCopy[],
  group: readonly ChosenCopy[],
  work: WorkBudget,
): readonly ChosenCopy[] {
  const others = copies.filter((copy) => !group.includes(copy));
  const idle = withoutNodes(problem, copies).nodes.toSorted(
    (left, right) => right.effBytesPerSec - left.effBytesPerSec || compareText(left.name, right.name),
  );
  const own = problem.nodes.filter((node) =>
    group.some((copy) => copy.placed.some((stage) => stage.node === node.name)),
  );
  const nodes: readonly PlanNode[] = [...own, ...idle.slice(0, Math.max(0, reworkedNodes - own.length))];
  if (nodes.length > reworkedNodes) return copies;
  work.left -= reworkWork;
  const names = new Set(nodes.map((node) => node.name));
  const links = problem.links.filter((link) => names.has(link.from) && names.has(link.to));
  const maxNodes = Math.min(nodes.length, problem.maxNodes - nodesOf(others));
  const rates = createCopyRates({ ...problem, nodes, links, maxNodes }, work);
  const found = bestPartitions(rates, maxNodes).best(maxNodes, 0);
  const isBetter = found !== undefined && found.rate > rateOf(problem, group) * (1 + 1e-9);
  return isBetter ? [...others, ...found.copies] : copies;
}
