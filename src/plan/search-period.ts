import { type EndsByPosition, findBlockEnds } from "./block-ends.js";
import { computesHead } from "./cost-model.js";
import type { CostTables } from "./cost-tables.js";
import type { PlanProblem } from "./plan-problem.js";
import { findAnyOrder, type PlacementAnswer, searchSpaceFor } from "./search-placement.js";
import { latencySpace, type SearchSpace } from "./search-space.js";
import type { SizeRange } from "./size-range.js";
import { shareOf, type WorkBudget } from "./work-budget.js";

/** Halvings of the interval of periods before the values in it are looked at one by one. */
const halvings = 12;
/** Questions whether a period can be kept that are asked at most; each gets such a share of the work left by the first. */
const questions = 32;
/** What the first question gets: whether there is a plan at all. */
const firstShare = 0.5;
/** Above 16 nodes the shortest step of a period is hardly ever proven; looking on for it takes this much of what is left. */
const stepShare = 0.4;
const mostProvenNodes = 16;

/** Every value above `low` and up to `high` that the longest stage or link of a plan can have, rising. */
function possiblePeriods(
  problem: PlanProblem,
  tables: CostTables,
  ends: EndsByPosition,
  low: number,
  high: number,
): Float64Array {
  const row = tables.layers + 1;
  const periods: number[] = [];
  const add = (sec: number): void => {
    if (sec > low && sec <= high) periods.push(sec);
  };
  for (const position of ["only", "first", "middle", "last"] as const) {
    const { near, far } = ends[position];
    for (let at = 0; at < far.length; at += 1) {
      const node = Math.floor(at / row);
      const head = computesHead(problem.outputPolicy, position) ? (tables.headSec[node] ?? 0) : 0;
      for (let end = near[at] ?? 0; end <= (far[at] ?? 0); end += 1) {
        add((tables.computeSec[node * row + end] ?? 0) - (tables.computeSec[at] ?? 0) + head);
      }
    }
  }
  for (const transfers of [tables.hopTransferSec, tables.returnTransferSec]) for (const sec of transfers) add(sec);
  return Float64Array.from(periods).sort();
}

/** More than the period of any plan. */
function mostPeriod(tables: CostTables): number {
  const most = (values: Float64Array): number =>
    values.reduce((high, sec) => (sec < Number.POSITIVE_INFINITY && sec > high ? sec : high), 0);
  const links = Math.max(most(tables.hopTransferSec), most(tables.returnTransferSec));
  return Math.max(links, most(tables.computeSec) + most(tables.headSec)) * 1.001;
}

/**
 * The placement whose slowest stage or link is fastest; among those, the one with the shortest decode step. Whether a period
 * can be kept is asked of ever smaller intervals, and at last of the finitely many values that a period can have.
 */
export function searchPeriod(
  problem: PlanProblem,
  tables: CostTables,
  sizes: SizeRange,
  work: WorkBudget,
): PlacementAnswer {
  const spaceAt = (periodSec: number): SearchSpace =>
    latencySpace(problem, tables, findBlockEnds(problem, tables, periodSec), periodSec);
  // Later periods that hold are shorter, and the order that shows it replaces the one before.
  const state = { refuted: 0, heldSec: 0, known: undefined as readonly number[] | undefined };
  const holds = (periodSec: number, share: number): boolean => {
    const ration = shareOf(work, share);
    const order = findAnyOrder(spaceAt(periodSec), sizes, ration);
    ration.settle();
    if (order === "none") state.refuted = Math.max(state.refuted, periodSec);
    if (typeof order === "string") return false;
    state.known = order;
    state.heldSec = periodSec;
    return true;
  };

  let [low, high] = [0, mostPeriod(tables)];
  if (!holds(high, firstShare * work.left)) return state.refuted > 0 ? "none" : "exhausted";
  const share = work.left / questions;
  for (let round = 0; round < halvings; round += 1) {
    const middle = (low + high) / 2;
    if (holds(middle, share)) high = middle;
    else low = middle;
  }
  const periods = possiblePeriods(problem, tables, findBlockEnds(problem, tables), low, high);
  let [from, to] = [0, periods.length - 1];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (holds(periods[middle] ?? high, share)) to = middle;
    else from = middle + 1;
  }
  // Whoever keeps `high` keeps the longest period up to it, but a search that is cut short may not find that again.
  const longest = periods[to] ?? high;
  const period = state.heldSec <= longest || holds(longest, share) ? longest : state.heldSec;
  const stepping = shareOf(work, work.left * (tables.nodes.length <= mostProvenNodes ? 1 : stepShare));
  const answer = searchSpaceFor(spaceAt(period), sizes, stepping, state.known);
  stepping.settle();
  if (typeof answer === "string") return answer;
  const before = periods[to - 1] ?? low;
  const gap = state.refuted >= before ? 0 : (period - state.refuted) / period;
  return gap === 0 && answer.optimal === true ? answer : { ...answer, optimal: { gap } };
}
