import picocolors from "picocolors";
import type { Page } from "../../../src/cli/render/page.js";
import type { CopyStatus, StageStatus, StatusReport } from "../../../src/controller/status-report.js";
import type { Plan, Prediction } from "../../../src/plan/plan-result.js";

const gibBytes = 2 ** 30;

export const plainPage = (width: number): Page => ({ width, colors: picocolors.createColors(false) });
export const colorPage = (width: number): Page => ({ width, colors: picocolors.createColors(true) });

/** A stage on a 64 GB Mac Studio, in the sizes of gpt-oss-120b MXFP4-Q8. */
export const aStage = (node: string, rank: number, startLayer: number, endLayer: number) => ({
  node,
  rank,
  startLayer,
  endLayer,
  weightBytes: (endLayer - startLayer) * 1_722_889_984,
  kvBytes: (endLayer - startLayer) * 0.03 * gibBytes,
  fixedBytes: 1_230_658_560,
  reserveBytes: 3 * gibBytes,
  budgetBytes: 48 * gibBytes,
});

export const threeStages: readonly Required<StageStatus>[] = [
  aStage("studio-1", 0, 0, 14),
  aStage("studio-2", 1, 14, 26),
  aStage("studio-3", 2, 26, 36),
];

const predicted: Prediction = {
  latencySec: 0.01404,
  periodSec: 0.0061,
  decodeTokensPerSec: 71.234,
  aggregateTokensPerSec: 71.234,
  prefillTokensPerSec: 902.4,
  errorBand: 0.25,
  bindingConstraint: "memory",
};

export const aPlan: Plan = {
  kind: "plan",
  model: "gpt-oss-120b",
  objective: "latency",
  replicas: [{ sharding: "pipeline", stages: threeStages, latencySec: 0.01404, periodSec: 0.0061 }],
  predicted,
  optimal: true,
  bestSingleNode: null,
  exoDefault: {
    modern: {
      stages: [
        { node: "studio-2", startLayer: 0, endLayer: 18 },
        { node: "studio-1", startLayer: 18, endLayer: 36 },
      ],
      latencySec: 0.017,
    },
    classic: { error: "exo 0.0.x has no gpt-oss model class" },
  },
  reasons: [
    { code: "fewest_nodes", message: "Three nodes are the fewest that hold the model with its caches." },
    {
      code: "uncalibrated",
      node: "studio-3",
      message: "The chip's constants are estimated.",
      fix: "`exoctl bench` measures them.",
    },
  ],
  shortfalls: [],
};

const aCopy = (instance: string, stages: readonly StageStatus[], change: Partial<CopyStatus> = {}): CopyStatus => ({
  instance,
  modelId: "exoctl/gpt-oss-120b-MXFP4-Q8",
  state: "ready",
  reason: null,
  sharding: "pipeline",
  stages,
  predictedTokensPerSec: 71.234,
  ...change,
});

const aNode = (name: string, chip: string) => ({
  name,
  state: "ready" as const,
  reasons: [],
  chip,
  memoryBytes: 64 * gibBytes,
  workingSetBytes: 48 * gibBytes,
});

export const aStatus: StatusReport = {
  simulated: true,
  cluster: "studio",
  generation: 3,
  gateway: "http://127.0.0.1:8415",
  nodes: [
    aNode("studio-1", "Apple M4 Max"),
    aNode("studio-2", "Apple M2 Max"),
    {
      ...aNode("studio-3", "Apple M1 Ultra"),
      state: "not-ready",
      reasons: ["exo does not answer on port 52415", "its card is missing"],
    },
  ],
  models: [
    {
      name: "gpt-oss-120b",
      state: "ready",
      reason: null,
      instance: "exoctl-studio-5f2c",
      layers: 36,
      stages: threeStages,
      copies: [aCopy("exoctl-studio-5f2c", threeStages)],
      predicted,
    },
    {
      name: "gpt-oss-20b",
      state: "unavailable",
      reason: "no node has its weights",
      instance: null,
      layers: 24,
      stages: [],
      copies: [],
      predicted: null,
    },
  ],
  problems: ["studio-3 runs macOS 15.1, the others 15.5: exo may refuse RDMA between them."],
};

const twoStages = [aStage("studio-1", 0, 0, 20), aStage("studio-2", 1, 20, 36)];
const aPair = [aStage("studio-3", 0, 0, 36), aStage("studio-4", 1, 0, 36)];

/** Two copies: a pipeline that serves, and a tensor pair that is on its way. */
export const aStatusOfCopies: StatusReport = {
  ...aStatus,
  models: [
    {
      name: "gpt-oss-120b",
      state: "ready",
      reason: null,
      instance: "exoctl-studio-5f2c",
      layers: 36,
      stages: twoStages,
      copies: [
        aCopy("exoctl-studio-5f2c", twoStages),
        aCopy("exoctl-studio-77aa", aPair, {
          modelId: "exoctl/gpt-oss-120b-MXFP4-Q8-copy2",
          state: "loading",
          reason: "it is warming-up",
          sharding: "tensor",
          predictedTokensPerSec: 104,
        }),
      ],
      predicted: { ...predicted, aggregateTokensPerSec: 175.2 },
    },
  ],
};
