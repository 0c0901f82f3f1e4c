import { type CostTables, prepareTables } from "./cost-tables.js";
import { formatGib, formatLayers, listNames } from "./format-units.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Reason } from "./reason.js";

/** Pins that can never be met: on nodes that take no layers, or with more layers than a node holds. */
export function pinShortfalls(problem: PlanProblem): readonly Reason[] {
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
    const message = `${pin.node} can't hold ${layers}, which are pinned there: ${formatGib(bytes)} too little.`;
    const most = mostLayersFrom(tables, pin.layers.start, (tables.roomBytes[index] ?? 0) - least);
    const fix =
      most > 0
        ? `Pin at most ${formatLayers(pin.layers.start, pin.layers.start + most)} there.`
        : `Pin nothing to ${pin.node}.`;
    return [{ code: "pin_memory", node: pin.node, bytes, message, fix }];
  });
}

/** How many layers from `start` on fit into so many bytes. */
function mostLayersFrom({ layers, storedBytes }: CostTables, start: number, roomBytes: number): number {
  let end = start;
  while (end < layers && (storedBytes[end + 1] ?? 0) - (storedBytes[start] ?? 0) <= roomBytes) end += 1;
  return end - start;
}

/** Where each pin could be met, but what is left between them has no place. */
export function pinGapShortfall({ pins, model }: PlanProblem): Reason {
  const gaps: string[] = [];
  let next = 0;
  for (const { layers } of pins.toSorted((left, right) => left.layers.start - right.layers.start)) {
    if (layers.start > next) gaps.push(formatLayers(next, layers.start));
    next = layers.end;
  }
  if (next < model.layers) gaps.push(formatLayers(next, model.layers));
  return {
    code: "pins",
    message: `The pins leave ${listNames(gaps)} to the other nodes, and there they have no place: a node runs one block of neighbouring layers, and a node with a pin runs only what is pinned to it.`,
    fix: "Pin more of these layers, or drop a pin.",
  };
}
