import { findBlockEnds } from "./block-ends.js";
import { type CostTables, prepareTables } from "./cost-tables.js";
import { formatGib, formatLayers } from "./format-units.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import type { Reason } from "./reason.js";
import { describeChanges, fullyLinked, smallestChanges, would } from "./smallest-change.js";

/** Why no plan exists: what is short, where, by how many bytes, and the smallest change that would help. */
export function findShortfalls(problem: PlanProblem, outcome: "none" | "exhausted"): readonly Reason[] {
  const usable = problem.nodes.filter((node) => !node.cordoned);
  if (usable.length === 0) {
    const message = problem.nodes.length === 0 ? "There is no node to plan for." : "Every node is cordoned.";
    return [{ code: "no_nodes", message, fix: "Add a node, or uncordon one." }];
  }
  const misplaced = pinShortfalls(problem);
  if (misplaced.length > 0) return misplaced;
  const fewest = Math.min(problem.maxNodes, problem.model.layers);
  if (problem.minNodes > Math.min(usable.length, fewest)) {
    const message = `The plan must have at least ${problem.minNodes} nodes; ${Math.min(usable.length, fewest)} can take part.`;
    return [{ code: "too_few_nodes", message, fix: "Lower minNodes, or add nodes." }];
  }
  if (outcome === "exhausted") {
    const message = "No plan was found before the search was cut short; this is no proof that there is none.";
    return [{ code: "search_cut_short", message, fix: "Plan for fewer nodes: cordon those that matter least." }];
  }
  if (would(fullyLinked(problem))) return linkShortfalls(problem);
  if (problem.pins.length > 0 && would({ ...problem, pins: [] })) {
    return [
      {
        code: "pins",
        message: "The layers between the pinned ranges do not fit on the other nodes.",
        fix: "Pin fewer layers.",
      },
    ];
  }
  const unlimited = { ...problem, maxNodes: usable.length };
  if (problem.maxNodes < usable.length && would(unlimited)) {
    const message = `The model does not fit on ${problem.maxNodes} of these nodes; on more of them it does.`;
    return [{ code: "max_nodes", message, fix: "Raise maxNodes." }];
  }
  return memoryShortfalls(problem);
}

function pinShortfalls(problem: PlanProblem): readonly Reason[] {
  const tables = prepareTables(problem, "usable");
  return problem.pins.flatMap((pin) => {
    const layers = formatLayers(pin.layers.start, pin.layers.end);
    const index = tables.nodes.findIndex((node) => node.name === pin.node);
    if (index < 0) {
      const message = `${pin.node} is to run ${layers}, but it is not there or cordoned.`;
      return [{ code: "pin_without_node", node: pin.node, message, fix: `Uncordon ${pin.node}, or drop the pin.` }];
    }
    const least = Math.min(tables.fixedBytes.first, tables.fixedBytes.middle, tables.fixedBytes.last);
    const stored = (tables.storedBytes[pin.layers.end] ?? 0) - (tables.storedBytes[pin.layers.start] ?? 0);
    const bytes = stored + least - (tables.roomBytes[index] ?? 0);
    if (bytes <= 0) return [];
    const message = `${layers} do not fit on ${pin.node}, where they are pinned: ${formatGib(bytes)} too little.`;
    return [{ code: "pin_memory", node: pin.node, bytes, message, fix: `Pin fewer layers to ${pin.node}.` }];
  });
}

function linkShortfalls(problem: PlanProblem): readonly Reason[] {
  const tables = prepareTables(problem, "usable");
  const size = tables.nodes.length;
  const isolated = tables.nodes.filter((_, node) => {
    const linked = (at: number): boolean => (tables.hopSec[at] ?? 0) < Number.POSITIVE_INFINITY;
    const others = [...tables.nodes.keys()].filter((other) => other !== node);
    return !others.some((other) => linked(node * size + other)) || !others.some((other) => linked(other * size + node));
  });
  const fix = "Connect the nodes, list the missing links, or give a defaultLink.";
  const message =
    "Memory would do, but the links allow no ring: each node must reach the next and the last one the first.";
  return [
    { code: "no_ring", message, fix },
    ...isolated.map((node) => ({
      code: "not_linked",
      node: node.name,
      message: `${node.name} has no link in both directions to any other node.`,
    })),
  ];
}

function memoryShortfalls(problem: PlanProblem): readonly Reason[] {
  const tables = prepareTables(problem, "usable");
  const { model, workload } = problem;
  const held = mostLayersByNode(problem, tables);
  const placeable = [...held].sort((left, right) => right - left).slice(0, problem.maxNodes);
  const homeless = Math.max(1, model.layers - placeable.reduce((sum, layers) => sum + layers, 0));
  const bytes = Math.ceil(((tables.storedBytes[model.layers] ?? 0) / model.layers) * homeless);
  const changes = smallestChanges(problem);
  const what = `${homeless} of ${model.layers} layers of ${model.name} with a context of ${workload.contextTokens} tokens for ${workload.concurrency} at a time`;
  return [
    {
      code: "memory",
      bytes,
      message: `${what} have no place: ${formatGib(bytes)} of memory too little in all.`,
      ...(changes.length === 0 ? {} : { fix: describeChanges(changes), changes }),
    },
    ...tables.nodes.map((node, index) => nodeMemory(tables, node, index, held[index] ?? 0)),
  ];
}

function mostLayersByNode(problem: PlanProblem, tables: CostTables): readonly number[] {
  const row = tables.layers + 1;
  const ends = Object.values(findBlockEnds(problem, tables));
  return tables.nodes.map((_, node) =>
    Math.max(
      ...ends.flatMap(({ near, far }) =>
        Array.from({ length: tables.layers }, (_unused, start) => {
          const at = node * row + start;
          return (far[at] ?? 0) < (near[at] ?? 0) ? 0 : (far[at] ?? 0) - start;
        }),
      ),
    ),
  );
}

function nodeMemory(tables: CostTables, node: PlanNode, index: number, layers: number): Reason {
  const least = Math.min(tables.fixedBytes.first, tables.fixedBytes.middle, tables.fixedBytes.last);
  const room = Math.max(0, (tables.roomBytes[index] ?? 0) - least);
  const message = `${node.name} has ${formatGib(room)} for layers (budget ${formatGib(node.budgetBytes)}, reserve ${formatGib(node.reserveBytes)}, embedding and head ${formatGib(least)}): room for ${layers}.`;
  return { code: "node_memory", node: node.name, bytes: room, message };
}
