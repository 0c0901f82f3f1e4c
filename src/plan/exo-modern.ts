import { totalWeightBytes } from "../models/model-bytes.js";
import { type CostTables, prepareTables } from "./cost-tables.js";
import type { PlacedStage } from "./evaluate-placement.js";
import { describeExoPlacement } from "./exo-classic.js";
import { findExoRing } from "./exo-rings.js";
import { formatGib } from "./format-units.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import type { ExoDefault } from "./plan-result.js";

/** Rings that exo keeps in memory at once before it comes to an end in any sensible time. */
const mostRings = 1e7;

/** Layers in proportion to memory by largest remainder, at least one each, taken from the largest (exo-1x reference 6.7). */
export function proportionalLayers(layers: number, memory: readonly number[]): readonly number[] {
  const total = memory.reduce((sum, bytes) => sum + bytes, 0);
  const raw = memory.map((bytes) => (bytes / total) * layers);
  const counts = raw.map(Math.trunc);
  const byRemainder = [...raw.keys()].toSorted(
    (left, right) => remainder(raw[right], counts[right]) - remainder(raw[left], counts[left]),
  );
  const spare = layers - counts.reduce((sum, count) => sum + count, 0);
  for (const index of byRemainder.slice(0, spare)) counts[index] = (counts[index] ?? 0) + 1;
  for (let index = 0; index < counts.length; index += 1) {
    if (counts[index] !== 0) continue;
    const largest = counts.indexOf(Math.max(...counts));
    counts[largest] = (counts[largest] ?? 0) - 1;
    counts[index] = 1;
  }
  return counts;
}

const remainder = (raw = 0, count = 0): number => raw - count;

/** RAM that exo sees as free; the budget where it is not known. */
const availableOf = (node: PlanNode): number => node.availableBytes ?? node.budgetBytes;

/** How many rings a full mesh of n nodes has: sum over k of (n over k)(k - 1)!. */
function ringsOfMesh(nodes: number): number {
  let rings = 0;
  let ordered = 1;
  for (let size = 1; size <= nodes; size += 1) {
    ordered *= nodes - size + 1;
    rings += ordered / size;
  }
  return rings;
}

/** Layers as exo 1.x spreads them over a ring. */
export interface ExoSplit {
  readonly placed: readonly PlacedStage[];
  /** The stage at which exo refuses its own split: more of the card's size than the node has free. */
  readonly refused: PlacedStage | undefined;
}

/**
 * The split that exo 1.x comes to on the usable nodes: the smallest ring whose free memory covers the size on its card, and
 * among those the one with most memory, split by memory. Its own card size counts, as wrong as it may be.
 *
 * @returns why there is none, where there is none
 */
export function splitAsExo(problem: PlanProblem): ExoSplit | ExoDefault {
  const tables = prepareTables(problem, "usable");
  const cardBytes = problem.model.exoCardBytes ?? totalWeightBytes(problem.model);
  if (isMesh(tables) && ringsOfMesh(tables.nodes.length) > mostRings) {
    const error = `exo 1.x lists every ring first; a full mesh of ${tables.nodes.length} nodes has too many to finish.`;
    return { error, errorCode: "too_many_rings" };
  }
  const memory = tables.nodes.map(availableOf);
  const ring = findExoRing(tables, memory, cardBytes, Math.max(1, problem.minNodes));
  if (ring === "none") {
    const error = `exo 1.x finds no ring with ${formatGib(cardBytes)} of free memory ("No cycles found with sufficient memory").`;
    return { error, errorCode: "no_ring" };
  }
  if (ring === "unknown") {
    return { error: "exo 1.x lists every ring first; here are too many to finish.", errorCode: "too_many_rings" };
  }
  const held = ring.map((node) => memory[node] ?? 0);
  const { layers } = problem.model;
  if (ring.length > layers) {
    return { error: `exo 1.x can't give ${layers} layers to ${ring.length} nodes.`, errorCode: "too_many_nodes" };
  }
  const counts = proportionalLayers(layers, held);
  let start = 0;
  const placed = ring.map((node, rank) => {
    const end = start + (counts[rank] ?? 0);
    const stage = { node: tables.nodes[node]?.name ?? "", layers: { start, end } };
    start = end;
    return stage;
  });
  const refused = placed.find((_, rank) => Math.floor((cardBytes * (counts[rank] ?? 0)) / layers) > (held[rank] ?? 0));
  return { placed, refused };
}

/** What exo 1.x does with the usable nodes, and what that costs. */
export function exoModernDefault(problem: PlanProblem): ExoDefault {
  const split = splitAsExo(problem);
  if (!("placed" in split)) return split;
  const { placed, refused } = split;
  if (refused !== undefined) {
    const error = `exo 1.x refuses its own split: ${refused.node} has too little free memory for ${refused.layers.end - refused.layers.start} layers.`;
    return { error, errorCode: "own_check_failed" };
  }
  return describeExoPlacement(problem, placed, "exo 1.x");
}

function isMesh({ nodes, hopSec }: CostTables): boolean {
  return hopSec.every((sec, at) => at % (nodes.length + 1) === 0 || sec < Number.POSITIVE_INFINITY);
}
