import { classicPartitions, classicShards } from "../cluster/classic-ring.js";
import { compareText } from "./cost-tables.js";
import { evaluatePlacement, type PlacedStage } from "./evaluate-placement.js";
import { formatGib } from "./format-units.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import type { ExoDefault } from "./plan-result.js";

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
