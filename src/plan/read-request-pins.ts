import type { ModelSpec } from "../models/model-spec.js";
import type { PlanProblem } from "./plan-problem.js";
import { type IssueList, statedItems, statedText } from "./request-issues.js";
import { pinShape } from "./request-schema.js";

/** What a pin states, as far as it can be read. */
interface StatedPin {
  readonly path: string;
  readonly node?: string;
  readonly layers?: { readonly start: number; readonly end: number };
}

/** Reads pinned ranges. Each must lie within the model, on a node that may take layers, and apart from all others. */
export function readRequestPins(
  value: unknown,
  nodes: unknown,
  model: ModelSpec | undefined,
  issues: IssueList,
): PlanProblem["pins"] {
  const pins = issues.readEach(pinShape, value, "pins");
  const stated = statedItems(value, "pins").map(({ stated: pin, path }) => statedPin(pin, path));
  const statedNodes = statedItems(nodes, "nodes").map((item) => item.stated);
  stated.forEach((pin, index) => {
    checkNode(pin, statedNodes, issues);
    checkLayers(pin, model, issues);
    for (const earlier of stated.slice(0, index)) checkPair(pin, earlier, issues);
  });
  return pins.map(({ item: { node, startLayer, endLayer } }) => ({
    node,
    layers: { start: startLayer, end: endLayer },
  }));
}

function statedPin(pin: Readonly<Record<string, unknown>>, path: string): StatedPin {
  const node = statedText(pin.node);
  const [start, end] = [pin.startLayer, pin.endLayer];
  const hasLayers = Number.isInteger(start) && Number.isInteger(end);
  return {
    path,
    ...(node === undefined ? {} : { node }),
    ...(hasLayers ? { layers: { start: Number(start), end: Number(end) } } : {}),
  };
}

function checkNode(
  { node, path }: StatedPin,
  nodes: readonly Readonly<Record<string, unknown>>[],
  issues: IssueList,
): void {
  if (node === undefined) return;
  const found = nodes.find((candidate) => candidate.name === node);
  if (found === undefined) issues.add(`${path}.node`, `there is no node ${JSON.stringify(node)}`);
  if (found?.cordoned === true) issues.add(`${path}.node`, `${node} is cordoned`);
}

function checkLayers({ layers, path }: StatedPin, model: ModelSpec | undefined, issues: IssueList): void {
  if (layers === undefined) return;
  if (layers.end <= layers.start) issues.add(`${path}.endLayer`, `expected more than startLayer (${layers.start})`);
  if (model !== undefined && layers.end > model.layers) {
    issues.add(`${path}.endLayer`, `expected at most ${model.layers}, the layers of ${model.name}`);
  }
}

function checkPair(pin: StatedPin, earlier: StatedPin, issues: IssueList): void {
  if (pin.node !== undefined && earlier.node === pin.node) {
    issues.add(`${pin.path}.node`, `${pin.node} is pinned twice (${earlier.path})`);
  }
  if (pin.layers === undefined || earlier.layers === undefined) return;
  const { start, end } = earlier.layers;
  if (start < pin.layers.end && pin.layers.start < end) {
    issues.add(pin.path, `overlaps ${earlier.path} (layers ${start} to ${end}, end excluded)`);
  }
}
