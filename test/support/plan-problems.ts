import { findModel } from "../../src/models/catalogue.js";
import type { ModelSpec, Quantization } from "../../src/models/model-spec.js";
import type { PlanLink, PlanNode, PlanProblem } from "../../src/plan/plan-problem.js";

const GIB = 2 ** 30;

/** A catalogue model that is known to be there. */
export function aModel(name = "gpt-oss-120b", quantization: Quantization = "MXFP4-Q8"): ModelSpec {
  const model = findModel(name, quantization);
  if (model === undefined) throw new Error(`no model ${name}`);
  return model;
}

/** A 64 GB M4 Max unless told otherwise. */
export const aPlanNode = (name: string, facts: Partial<PlanNode> = {}): PlanNode => ({
  name,
  budgetBytes: 55_662_776_156,
  reserveBytes: 3 * GIB,
  effBytesPerSec: 369e9,
  overheadSecPerLayer: 80e-6,
  cordoned: false,
  calibrated: true,
  ...facts,
});

/** A link in both directions: Thunderbolt over TCP unless told otherwise. */
export const bothWays = (one: string, other: string, alphaSec = 0.0015, bytesPerSec = 2.5e9): readonly PlanLink[] => [
  { from: one, to: other, alphaSec, bytesPerSec },
  { from: other, to: one, alphaSec, bytesPerSec },
];

/** A problem with the defaults of a plan request; every pair linked by Thunderbolt unless links are given. */
export const aPlanProblem = (nodes: readonly PlanNode[], facts: Partial<PlanProblem> = {}): PlanProblem => ({
  nodes,
  links: nodes.flatMap((one, index) => nodes.slice(index + 1).flatMap((other) => bothWays(one.name, other.name))),
  model: aModel(),
  workload: { contextTokens: 8192, concurrency: 1, batch: 1 },
  objective: "latency",
  outputPolicy: "replicated",
  sharding: "pipeline",
  replicas: 1,
  minNodes: 1,
  maxNodes: Math.max(1, nodes.length),
  pins: [],
  ...facts,
});
