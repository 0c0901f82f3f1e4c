import type { ModelSpec } from "../models/model-spec.js";
import type { StepMeasurement } from "./calibrate.js";
import type { PlacedStage } from "./evaluate-placement.js";
import { type IssueList, statedItems } from "./request-issues.js";
import { measurementShape, pinShape } from "./request-schema.js";

/** Reads a placement by rank: what runs now, or what a measurement was taken on. */
export function readStages(
  value: unknown,
  path: string,
  nodeNames: ReadonlySet<string>,
  model: ModelSpec | undefined,
  issues: IssueList,
): readonly PlacedStage[] {
  const stages = issues.readEach(pinShape, value, path);
  if (value === undefined || (Array.isArray(value) && value.length === 0)) {
    issues.add(path, "expected the stages by rank, at least one");
  }
  stages.forEach(({ item, path: at }, index) => {
    const { node, startLayer, endLayer } = item;
    if (!nodeNames.has(node)) issues.add(`${at}.node`, `there is no node ${JSON.stringify(node)}`);
    if (stages.findIndex((other) => other.item.node === node) < index)
      issues.add(`${at}.node`, `${node} is named twice`);
    if (endLayer <= startLayer) issues.add(`${at}.endLayer`, `expected more than startLayer (${startLayer})`);
  });
  // Gaps can only be told where every stage could be read.
  if (Array.isArray(value) && stages.length === value.length) checkCover(stages, path, model, issues);
  return stages.map(({ item: { node, startLayer, endLayer } }) => ({
    node,
    layers: { start: startLayer, end: endLayer },
  }));
}

/** Stages must follow each other from the first layer to the last. */
function checkCover(
  stages: readonly {
    readonly item: { readonly startLayer: number; readonly endLayer: number };
    readonly path: string;
  }[],
  path: string,
  model: ModelSpec | undefined,
  issues: IssueList,
): void {
  let next = 0;
  for (const { item, path: at } of stages) {
    if (item.startLayer !== next) issues.add(`${at}.startLayer`, `expected ${next}, where the stage before ends`);
    next = item.endLayer;
  }
  if (model !== undefined && stages.length > 0 && next !== model.layers) {
    issues.add(path, `ends at layer ${next}; expected ${model.layers}, the layers of ${model.name}`);
  }
}

/** Reads measured step times. */
export function readMeasurements(
  value: unknown,
  nodeNames: ReadonlySet<string>,
  model: ModelSpec | undefined,
  issues: IssueList,
): readonly StepMeasurement[] {
  const measured = issues.readEach(measurementShape, value, "measurements");
  const placements = new Map(
    statedItems(value, "measurements").map(({ stated, path }) => [
      path,
      readStages(stated.stages, `${path}.stages`, nodeNames, model, issues),
    ]),
  );
  return measured.map(({ item, path }) => ({
    placed: placements.get(path) ?? [],
    contextTokens: item.contextTokens,
    batch: item.batch ?? 1,
    stepSec: item.stepSec,
  }));
}
