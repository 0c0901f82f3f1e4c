import { findBlockEnds } from "./block-ends.js";
import { type CostTables, prepareTables } from "./cost-tables.js";
import { fixOf } from "./describe-changes.js";
import { formatGib } from "./format-units.js";
import { hasPlan } from "./has-plan.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import type { Reason } from "./reason.js";
import { smallestChanges } from "./smallest-change.js";

/** In larger clusters and models, what each node lacks is not worked out; so many nodes are named one by one. */
const mostNodes = 12;
const mostLayers = 256;

/** Too little memory: how many layers have no place, what would mend it, and what each node offers and lacks. */
export function memoryShortfalls(problem: PlanProblem): readonly Reason[] {
  const tables = prepareTables(problem, "usable");
  const { model, workload } = problem;
  const held = mostLayersByNode(problem, tables);
  const placeable = [...held].sort((left, right) => right - left).slice(0, problem.maxNodes);
  const overCount = model.layers - placeable.reduce((sum, layers) => sum + layers, 0);
  const homeless = Math.max(1, overCount, unheldLayers(problem, tables));
  const lacking = tables.nodes.map((_, node) => lackingBytes(problem, tables, node));
  const known = lacking.flatMap((bytes) => bytes ?? []);
  const average = Math.ceil(((tables.storedBytes[model.layers] ?? 0) / model.layers) * homeless);
  const bytes = known.length > 0 ? Math.min(...known) : average;
  const what = `${homeless} of ${model.layers} layers of ${model.name} with a context of ${workload.contextTokens} tokens for ${workload.concurrency} at a time`;
  const verb = homeless === 1 ? "has" : "have";
  return [
    {
      code: "memory",
      bytes,
      message: `${what} ${verb} no place: at least ${formatGib(bytes)} of memory are missing.`,
      ...fixOf(smallestChanges(problem)),
    },
    ...tables.nodes
      .slice(0, mostNodes)
      .map((node, index) => nodeMemory(tables, node, index, held[index] ?? 0, lacking[index])),
    ...otherNodes(held.slice(mostNodes)),
  ];
}

function otherNodes(held: readonly number[]): readonly Reason[] {
  if (held.length === 0) return [];
  const layers = held.reduce((sum, count) => sum + count, 0);
  const who = held.length === 1 ? "1 more node has" : `${held.length} more nodes have`;
  return [{ code: "node_memory", message: `${who} room for ${layers} layers together.` }];
}

/** Whether counting alone proves that memory is short: a layer that nobody holds, or too little room for all of them. */
export function isProvablyShort(problem: PlanProblem): boolean {
  const tables = prepareTables(problem, "usable");
  const held = mostLayersByNode(problem, tables).sort((left, right) => right - left);
  const room = held.slice(0, problem.maxNodes).reduce((sum, layers) => sum + layers, 0);
  return room < tables.layers || unheldLayers(problem, tables) > 0;
}

/** How many layers are too large for every node, be it the only one there. */
function unheldLayers(problem: PlanProblem, tables: CostTables): number {
  const row = tables.layers + 1;
  const ends = Object.values(findBlockEnds(problem, tables));
  const isHeld = (layer: number): boolean =>
    tables.nodes.some((_, node) => ends.some(({ far }) => (far[node * row + layer] ?? 0) > layer));
  return Array.from({ length: tables.layers }, (_, layer) => layer).filter((layer) => !isHeld(layer)).length;
}

function mostLayersByNode(problem: PlanProblem, tables: CostTables): number[] {
  const row = tables.layers + 1;
  const ends = Object.values(findBlockEnds(problem, tables));
  return tables.nodes.map((_, node) => {
    let most = 0;
    for (const { near, far } of ends) {
      for (let at = node * row; at < (node + 1) * row - 1; at += 1) {
        if ((far[at] ?? 0) >= (near[at] ?? 0)) most = Math.max(most, (far[at] ?? 0) - (at - node * row));
      }
    }
    return most;
  });
}

/** By how much the budget of one node alone is too small for a plan; undefined where that is not what is missing. */
function lackingBytes(problem: PlanProblem, tables: CostTables, node: number): number | undefined {
  if (tables.nodes.length > mostNodes || tables.layers > mostLayers) return undefined;
  const amounts = amountsOf(tables, node);
  const name = tables.nodes[node]?.name;
  const fits = (bytes: number): boolean =>
    hasPlan({
      ...problem,
      nodes: problem.nodes.map((one) => (one.name === name ? { ...one, budgetBytes: one.budgetBytes + bytes } : one)),
    });
  if (!fits(amounts.at(-1) ?? 0)) return undefined;
  let low = -1;
  let high = amounts.length - 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(amounts[middle] ?? 0)) high = middle;
    else low = middle;
  }
  return amounts[high];
}

/** What any block in any position needs beyond the room of a node, in whole bytes, rising. */
function amountsOf({ layers, storedBytes, roomBytes, fixedBytes }: CostTables, node: number): readonly number[] {
  const amounts = new Set<number>();
  const fixed = new Set(Object.values(fixedBytes));
  for (let start = 0; start < layers; start += 1) {
    for (let end = start + 1; end <= layers; end += 1) {
      const stored = (storedBytes[end] ?? 0) - (storedBytes[start] ?? 0);
      for (const bytes of fixed) amounts.add(Math.ceil(stored + bytes - (roomBytes[node] ?? 0)));
    }
  }
  return [...amounts].filter((bytes) => bytes > 0).sort((left, right) => left - right);
}

/** A budget this small was meant in another unit. */
const leastBudget = 2 ** 20;

function nodeMemory(
  tables: CostTables,
  node: PlanNode,
  index: number,
  layers: number,
  lacking: number | undefined,
): Reason {
  const least = Math.min(tables.fixedBytes.first, tables.fixedBytes.middle, tables.fixedBytes.last);
  const room = Math.max(0, (tables.roomBytes[index] ?? 0) - least);
  const offer = `${node.name} has ${formatGib(room)} for layers (budget ${formatGib(node.budgetBytes)}, reserve ${formatGib(node.reserveBytes)}, embedding and head ${formatGib(least)}): room for ${layers}.`;
  const lack = lacking === undefined ? "" : ` With ${formatGib(lacking)} more, ${node.name} alone would close the gap.`;
  const isOtherUnit = node.budgetBytes > 0 && node.budgetBytes < leastBudget;
  return {
    code: "node_memory",
    node: node.name,
    ...(lacking === undefined ? {} : { bytes: lacking }),
    message: `${offer}${lack}`,
    ...(isOtherUnit ? { fix: "memoryBytes and budgetBytes count bytes: 64 GiB are 68719476736." } : {}),
  };
}
