import { computesHead, positionOf } from "./cost-model.js";
import { type CostTables, prepareTables } from "./cost-tables.js";
import type { PlacedStage } from "./evaluate-placement.js";
import type { PlanProblem } from "./plan-problem.js";

/** Beyond this many nodes their orders are too many to try; then the fastest come first. */
const mostNodesInAnyOrder = 7;

export interface ClassicOptimum {
  /** In ring order. */
  readonly placed: readonly PlacedStage[];
  /** Whether every order of the nodes was tried. */
  readonly orders: "all" | "fastest-first";
}

/** Seconds to compare by, the more important first. */
type Cost = readonly [number, number];

const isLess = (left: Cost, right: Cost): boolean =>
  left[0] < right[0] - 1e-12 || (left[0] < right[0] + 1e-12 && left[1] < right[1] - 1e-12);

/**
 * The best ring that memory values can make of exo 0.0.x: all usable nodes, each with at least one layer, larger ranges first
 * (exo-0x reference 8.3). Tries every sequence of counts on every order of up to seven nodes, leaving out what can't get better
 * than what was found. Of equal rings the first by node names and then by the largest first range is taken.
 *
 * @returns undefined when no such ring fits into memory
 */
export function searchClassicRing(problem: PlanProblem): ClassicOptimum | undefined {
  const tables = prepareTables(problem, "usable");
  const count = tables.nodes.length;
  if (count === 0 || count > tables.layers) return undefined;
  const any = count <= mostNodesInAnyOrder;
  const speedOf = (node: number): number => tables.computeSec[node * (tables.layers + 1) + tables.layers] ?? 0;
  const inOrder = tables.nodes.map((_, node) => node).toSorted((left, right) => speedOf(left) - speedOf(right));
  const candidates = (used: readonly number[]): readonly number[] =>
    any
      ? tables.nodes.flatMap((_, node) => (used.includes(node) ? [] : [node]))
      : inOrder.slice(used.length).slice(0, 1);
  const found = descend(problem, tables, candidates);
  return found && { placed: found, orders: any ? "all" : "fastest-first" };
}

function descend(
  problem: PlanProblem,
  tables: CostTables,
  candidates: (used: readonly number[]) => readonly number[],
): readonly PlacedStage[] | undefined {
  const { layers } = tables;
  const count = tables.nodes.length;
  let best: { readonly cost: Cost; readonly order: readonly number[]; readonly ends: readonly number[] } | undefined;
  const go = (order: readonly number[], ends: readonly number[], sec: number, slowest: number): void => {
    const rank = order.length;
    const start = ends.at(-1) ?? 0;
    if (rank === count) {
      const cost = wholeCost(problem, tables, order, sec, slowest);
      if (best === undefined || isLess(cost, best.cost)) best = { cost, order, ends };
      return;
    }
    // What is left to come only adds to both.
    if (best !== undefined && isLess(best.cost, partialCost(problem, sec, slowest))) return;
    const left = count - rank;
    const before = rank === 0 ? layers : start - (ends.at(-2) ?? 0);
    const most = Math.min(before, layers - start - (left - 1));
    const least = left === 1 ? layers - start : Math.ceil((layers - start) / left);
    for (const node of candidates(order)) {
      for (let size = most; size >= least; size -= 1) {
        const end = start + size;
        if (!fits(tables, node, start, end, rank)) continue;
        const stage = computeSec(tables, node, end) - computeSec(tables, node, start);
        const head = computesHead(problem.outputPolicy, positionOf(rank, count)) ? (tables.headSec[node] ?? 0) : 0;
        go([...order, node], [...ends, end], sec + stage, Math.max(slowest, stage + head));
      }
    }
  };
  go([], [], 0, 0);
  return best?.order.map((node, rank) => ({
    node: tables.nodes[node]?.name ?? "",
    layers: { start: best?.ends[rank - 1] ?? 0, end: best?.ends[rank] ?? 0 },
  }));
}

const computeSec = ({ computeSec: table, layers }: CostTables, node: number, end: number): number =>
  table[node * (layers + 1) + end] ?? Number.POSITIVE_INFINITY;

function fits(tables: CostTables, node: number, start: number, end: number, rank: number): boolean {
  const { storedBytes, roomBytes, fixedBytes, nodes } = tables;
  const needed = (storedBytes[end] ?? 0) - (storedBytes[start] ?? 0) + fixedBytes[positionOf(rank, nodes.length)];
  return needed <= (roomBytes[node] ?? 0);
}

const ordered = ({ objective }: PlanProblem, latency: number, period: number): Cost =>
  objective === "latency" ? [latency, period] : [period, latency];

const partialCost = (problem: PlanProblem, sec: number, slowest: number): Cost => ordered(problem, sec, slowest);

function wholeCost(
  problem: PlanProblem,
  tables: CostTables,
  order: readonly number[],
  sec: number,
  slowest: number,
): Cost {
  const count = tables.nodes.length;
  let hops = 0;
  let transfer = 0;
  for (let rank = 0; count > 1 && rank < count; rank += 1) {
    const isReturn = rank === count - 1;
    const at = (order[rank] ?? 0) * count + (order[isReturn ? 0 : rank + 1] ?? 0);
    hops += (isReturn ? tables.returnSec : tables.hopSec)[at] ?? 0;
    transfer = Math.max(transfer, (isReturn ? tables.returnTransferSec : tables.hopTransferSec)[at] ?? 0);
  }
  const head = tables.headSec[order[0] ?? 0] ?? 0;
  return ordered(problem, head + sec + hops, Math.max(slowest, transfer));
}
