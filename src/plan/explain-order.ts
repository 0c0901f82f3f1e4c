import type { ChosenPlacement } from "./choose-placement.js";
import { evaluatePlacement } from "./evaluate-placement.js";
import { formatLayers, formatMs } from "./format-units.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Reason } from "./reason.js";

/** Rings of more nodes have too many orders to compare. */
const comparedNodes = 6;

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length < 2) {
    yield items;
    return;
  }
  for (const [index, item] of items.entries()) {
    for (const rest of permutations([...items.slice(0, index), ...items.slice(index + 1)])) yield [item, ...rest];
  }
}

/** Cheapest and dearest hops of a ring of these nodes, layers aside; the same layers everywhere keep it comparable. */
function hopRange(problem: PlanProblem, { placed }: ChosenPlacement) {
  const first = placed[0];
  if (first === undefined || placed.length > comparedNodes) return undefined;
  const names = placed.map((stage) => stage.node);
  const nodes = problem.nodes.filter((node) => names.includes(node.name));
  const links = problem.links.filter((link) => names.includes(link.from) && names.includes(link.to));
  const part = { ...problem, nodes, links };
  const seconds = [...permutations(placed.slice(1))]
    .map((rest) => evaluatePlacement(part, [first, ...rest]).hopsSec)
    .filter((sec) => sec < Number.POSITIVE_INFINITY);
  return { least: Math.min(...seconds), most: Math.max(...seconds) };
}

/** Why the ring is in this order. */
export function explainOrder(problem: PlanProblem, chosen: ChosenPlacement): readonly Reason[] {
  const { placed, evaluation } = chosen;
  if (placed.length < 2) return [];
  const ring = placed.map((stage) => `${stage.node} (${formatLayers(stage.layers.start, stage.layers.end)})`);
  const message = `Ring order ${ring.join(", ")}, then back: hops add ${formatMs(evaluation.hopsSec)} to every step.${compared(problem, chosen)}`;
  return [{ code: "order", message }];
}

function compared(problem: PlanProblem, chosen: ChosenPlacement): string {
  const range = chosen.placed.length > 2 ? hopRange(problem, chosen) : undefined;
  const sec = chosen.evaluation.hopsSec;
  if (range === undefined) return "";
  if (range.most - range.least < 1e-9) return " Every other order of these nodes has the same hops.";
  if (sec - range.least > 1e-9) {
    return ` A ring with cheaper hops (${formatMs(range.least)}) loses more on the layers than it saves.`;
  }
  return ` No ring of these nodes has cheaper hops; the dearest takes ${formatMs(range.most)}.`;
}
