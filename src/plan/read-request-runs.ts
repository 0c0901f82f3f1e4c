import type { ModelSpec } from "../models/model-spec.js";
import type { StepMeasurement } from "./calibrate.js";
import type { PlacedStage } from "./evaluate-placement.js";
import type { IssueList } from "./request-issues.js";
import { measurementShape, runningShape } from "./request-schema.js";

/** Reads a placement by rank: what runs now, or what a measurement was taken on. */
export function readStages(
  value: unknown,
  path: string,
  nodeNames: ReadonlySet<string>,
  model: ModelSpec | undefined,
  issues: IssueList,
): readonly PlacedStage[] {
  const stages = issues.read(runningShape, value, path) ?? [];
  let next = 0;
  stages.forEach(({ node, startLayer, endLayer }, index) => {
    const at = `${path}[${index}]`;
    if (!nodeNames.has(node)) issues.add(`${at}.node`, `there is no node ${JSON.stringify(node)}`);
    if (stages.findIndex((other) => other.node === node) < index) issues.add(`${at}.node`, `${node} is named twice`);
    if (startLayer !== next) issues.add(`${at}.startLayer`, `expected ${next}, where the stage before ends`);
    if (endLayer <= startLayer) issues.add(`${at}.endLayer`, `expected more than startLayer (${startLayer})`);
    next = endLayer;
  });
  if (model !== undefined && stages.length > 0 && next !== model.layers) {
    issues.add(path, `ends at layer ${next}; expected ${model.layers}, the layers of ${model.name}`);
  }
  return stages.map(({ node, startLayer, endLayer }) => ({ node, layers: { start: startLayer, end: endLayer } }));
}

/** Reads measured step times. */
export function readMeasurements(
  value: unknown,
  nodeNames: ReadonlySet<string>,
  model: ModelSpec | undefined,
  issues: IssueList,
): readonly StepMeasurement[] {
  return issues.readEach(measurementShape, value, "measurements").map(({ item, path }) => ({
    placed: readStages(item.stages, `${path}.stages`, nodeNames, model, issues),
    contextTokens: item.contextTokens,
    batch: item.batch ?? 1,
    stepSec: item.stepSec,
  }));
}
