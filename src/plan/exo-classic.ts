import { compareText } from "./cost-tables.js";
import { evaluatePlacement, type PlacedStage } from "./evaluate-placement.js";
import { formatGib } from "./format-units.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import type { ExoDefault } from "./plan-result.js";

/** A node as exo 0.0.x sees it. */
export interface ClassicNode {
  readonly id: string;
  /** All of its memory, in any unit. */
  readonly memory: number;
}

/** A share of the ring, end excluded, between 0 and 1. */
export interface ClassicPartition {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Python's `round(value, 5)` of a number between 0 and 2. `toFixed` looks at the exact double as Python does; only exact
 * ties differ, which go to the even digit in Python and up here. A tie at the fifth digit is an odd multiple of 1/64.
 */
export function roundShare(value: number): number {
  const up = Number(value.toFixed(5));
  const isTie = Number.isInteger(value * 64) && (value * 64) % 2 !== 0;
  const lastDigit = Math.round(up * 1e5) % 10;
  return isTie && lastDigit % 2 !== 0 ? Number(((Math.round(up * 1e5) - 1) / 1e5).toFixed(5)) : up;
}

/** Shares of the ring by memory, largest first; equal ones by id, last first (exo-0x reference 8.1). */
export function classicPartitions(nodes: readonly ClassicNode[]): readonly ClassicPartition[] {
  const sorted = nodes.toSorted((left, right) => right.memory - left.memory || compareText(right.id, left.id));
  const total = sorted.reduce((sum, node) => sum + node.memory, 0);
  const partitions: ClassicPartition[] = [];
  let start = 0;
  for (const { id, memory } of sorted) {
    const end = roundShare(start + memory / total);
    partitions.push({ id, start, end });
    start = end;
  }
  return partitions;
}

/** Layers of each partition, end excluded, in ring order. Nodes whose share is too small for a layer get an empty range. */
export const classicShards = (partitions: readonly ClassicPartition[], layers: number): readonly PlacedStage[] =>
  partitions.map(({ id, start, end }, index) => ({
    node: id,
    layers: {
      start: Math.trunc(start * layers),
      end: index === partitions.length - 1 ? layers : Math.trunc(end * layers),
    },
  }));

/** RAM of a node; its budget where nothing else is known. */
const memoryOf = (node: PlanNode): number => node.memoryBytes ?? node.budgetBytes;

/** What exo 0.0.x does with the usable nodes, all of which it always uses, and what that costs. */
export function exoClassicDefault(problem: PlanProblem): ExoDefault {
  const nodes = problem.nodes.filter((node) => !node.cordoned);
  if (nodes.every((node) => memoryOf(node) <= 0)) {
    return { error: "exo 0.0.x divides by zero when no node has memory.", errorCode: "no_memory" };
  }
  const unlinked = missingDirection(problem, nodes);
  if (unlinked !== undefined) {
    const [from, to] = unlinked;
    const error = `exo 0.0.x needs every node to reach every other; ${from} has no link to ${to}, so nodes disagree about the layers.`;
    return { error, errorCode: "partial_mesh" };
  }
  const placed = classicShards(
    classicPartitions(nodes.map((node) => ({ id: node.name, memory: memoryOf(node) }))),
    problem.model.layers,
  );
  const empty = placed.find((stage) => stage.layers.end <= stage.layers.start);
  if (empty !== undefined) {
    const error = `exo 0.0.x leaves ${empty.node} without a layer, and a ring with such a node does not work.`;
    return { error, errorCode: "node_without_layers" };
  }
  return describeExoPlacement(problem, placed, "exo 0.0.x");
}

function missingDirection(problem: PlanProblem, nodes: readonly PlanNode[]) {
  if (problem.defaultLink !== undefined) return undefined;
  const directions = new Set(problem.links.map((link) => JSON.stringify([link.from, link.to])));
  const names = nodes.map((node) => node.name).toSorted(compareText);
  return names
    .flatMap((from) => names.filter((to) => to !== from).map((to) => [from, to] as const))
    .find((pair) => !directions.has(JSON.stringify(pair)));
}

/** A placement as the contract shows it, or why it can't run. */
export function describeExoPlacement(problem: PlanProblem, placed: readonly PlacedStage[], who: string): ExoDefault {
  const { latencySec, periodSec, shortfalls } = evaluatePlacement(problem, placed);
  const split = placed.map(({ node, layers }) => `${node} ${layers.end - layers.start}`).join(", ");
  const short = shortfalls.find((why) => why.code === "memory");
  if (short !== undefined) {
    const error = `${who} would start a placement that does not fit (layers: ${split}): ${short.node} lacks ${formatGib(short.bytes ?? 0)}.`;
    return { error, errorCode: "overruns_memory" };
  }
  const other = shortfalls[0];
  if (other !== undefined) return { error: `${who}: ${other.message}`, errorCode: other.code };
  const stages = placed.map(({ node, layers }) => ({ node, startLayer: layers.start, endLayer: layers.end }));
  return { stages, latencySec, periodSec };
}
