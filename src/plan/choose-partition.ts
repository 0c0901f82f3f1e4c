import { readWeightBytes } from "../models/model-bytes.js";
import { bestPartitions } from "./best-partitions.js";
import { bestSingleNode } from "./best-single-node.js";
import { type ChosenCopies, type ChosenCopy, chooseCopy, preferenceBand, sortedCopies } from "./choose-copy.js";
import { createCopyRates } from "./copy-rates.js";
import { compareText } from "./cost-tables.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import type { WorkBudget } from "./work-budget.js";

/** Up to so many nodes every partition is considered. */
const exactNodes = 12;

const rateOf = (problem: PlanProblem, copies: readonly ChosenCopy[]): number =>
  copies.reduce((sum, copy) => sum + problem.workload.batch / copy.evaluation.latencySec, 0);

const nodesOf = (copies: readonly ChosenCopy[]): number => copies.reduce((sum, copy) => sum + copy.placed.length, 0);

/**
 * Copies on disjoint nodes with the highest sum of rates. Every copy has at least `minNodes`, all together at most
 * `maxNodes`. Exact up to twelve nodes; above, parts of twelve are improved in turn and the gap to a bound is stated.
 */
export function choosePartition(problem: PlanProblem, work: WorkBudget): ChosenCopies | "none" | "exhausted" {
  const usable = problem.nodes.filter((node) => !node.cordoned);
  if (usable.length <= exactNodes) return exactPartition(problem, work);
  const copies = improvedPartition(problem, usable, work);
  if (copies.length === 0) return work.left <= 0 ? "exhausted" : "none";
  const rate = rateOf(problem, copies);
  const gap = Math.max(0, 1 - rate / mostRate(problem, usable));
  return { copies: sortedCopies(copies), optimal: gap === 0 ? true : { gap } };
}

function exactPartition(problem: PlanProblem, work: WorkBudget): ChosenCopies | "none" | "exhausted" {
  const rates = createCopyRates(problem, work);
  const search = bestPartitions(rates, problem.maxNodes);
  const best = search.best(problem.maxNodes, 0);
  if (best === undefined) return work.left <= 0 ? "exhausted" : "none";
  const used = nodesOf(best.copies);
  const proven = (gap: number): true | { readonly gap: number } => (gap <= 1e-12 && work.left > 0 ? true : { gap });
  for (let nodes = Math.max(1, problem.minNodes); nodes < used; nodes += 1) {
    const fewer = search.best(nodes, best.rate / (1 + preferenceBand));
    if (fewer === undefined) continue;
    const gain = best.rate / fewer.rate - 1;
    if (gain <= 1e-12) return { copies: sortedCopies(fewer.copies), optimal: proven(0) };
    const gap = 1 - fewer.rate / best.rate;
    return { copies: sortedCopies(fewer.copies), optimal: { gap }, passedOver: { nodes: used, gain } };
  }
  return { copies: sortedCopies(best.copies), optimal: proven(0) };
}

/** First nodes that can do it alone, then one ring after the other; then the rings of twelve nodes at a time anew. */
function improvedPartition(problem: PlanProblem, usable: readonly PlanNode[], work: WorkBudget): readonly ChosenCopy[] {
  let copies: readonly ChosenCopy[] = [];
  for (;;) {
    const rest = without(usable, copies);
    const part = { ...problem, nodes: rest, maxNodes: Math.min(problem.maxNodes - nodesOf(copies), rest.length) };
    const copy = nextCopy(part, work);
    if (copy === undefined) break;
    copies = [...copies, copy];
  }
  const rings = sortedCopies(copies).filter((copy) => copy.placed.length > 1);
  for (const [index, one] of rings.entries()) {
    for (const other of rings.slice(index + 1)) {
      if (work.left <= 0) return copies;
      if (copies.includes(one) && copies.includes(other))
        copies = reworked(problem, usable, copies, [one, other], work);
    }
  }
  return copies;
}

function nextCopy(part: PlanProblem, work: WorkBudget): ChosenCopy | undefined {
  if (part.maxNodes < Math.max(1, part.minNodes)) return undefined;
  const alone = part.minNodes <= 1 && part.sharding !== "tensor" ? bestSingleNode(part) : null;
  const nodes = part.nodes.filter((node) => node.name === alone?.node);
  const copy = chooseCopy(alone === null ? part : { ...part, nodes, maxNodes: 1, sharding: "pipeline" }, work);
  return typeof copy === "string" ? undefined : copy;
}

const without = (nodes: readonly PlanNode[], copies: readonly ChosenCopy[]): readonly PlanNode[] => {
  const taken = new Set(copies.flatMap((copy) => copy.placed.map((stage) => stage.node)));
  return nodes.filter((node) => !taken.has(node.name));
};

/** Two rings and idle nodes, twelve in all, partitioned anew; the old way where that is no better. */
function reworked(
  problem: PlanProblem,
  usable: readonly PlanNode[],
  copies: readonly ChosenCopy[],
  pair: readonly ChosenCopy[],
  work: WorkBudget,
): readonly ChosenCopy[] {
  const others = copies.filter((copy) => !pair.includes(copy));
  const idle = without(usable, copies).toSorted(
    (left, right) => right.effBytesPerSec - left.effBytesPerSec || compareText(left.name, right.name),
  );
  const own = usable.filter((node) => pair.some((copy) => copy.placed.some((stage) => stage.node === node.name)));
  const nodes = [...own, ...idle.slice(0, Math.max(0, exactNodes - own.length))];
  if (nodes.length > exactNodes) return copies;
  const maxNodes = Math.min(nodes.length, problem.maxNodes - nodesOf(others));
  const found = bestPartitions(createCopyRates({ ...problem, nodes, maxNodes }, work), maxNodes).best(maxNodes, 0);
  const isBetter = found !== undefined && found.rate > rateOf(problem, pair) * (1 + 1e-9);
  return isBetter ? [...others, ...found.copies] : copies;
}

/**
 * No partition does more: a copy is at most as fast as the average of its members alone, weighed by the share of the
 * model that each can hold (the harmonic mean is below the arithmetic one), hops left out.
 */
function mostRate(problem: PlanProblem, usable: readonly PlanNode[]): number {
  const { model, workload } = problem;
  const bytes = readWeightBytes(model, workload.batch);
  return usable.reduce((sum, node) => {
    const layers = Math.min(model.layers, (node.budgetBytes - node.reserveBytes) / model.weightBytesPerLayer);
    const alone = model.layers * (node.overheadSecPerLayer + bytes / node.effBytesPerSec);
    return sum + (Math.max(0, layers / model.layers) * workload.batch) / alone;
  }, 0);
}
