import { agentId, modelId } from "../../src/cluster/names.js";
import type { AddedModel } from "../../src/controller/added-models.js";
import { anEntry } from "./registry-entries.js";

/** gpt-oss-120b, wanted on every node, with changes. */
export const anAddedModel = (changes: Partial<AddedModel> = {}): AddedModel => ({
  name: "gpt-oss-120b",
  entry: anEntry(),
  nodes: "all",
  addedAt: 1_000,
  addedBy: "mara",
  ...changes,
});

/** One that the catalogue does not have. */
export const aConversion = (changes: Partial<AddedModel> = {}): AddedModel =>
  anAddedModel({
    name: "local/tiny-gpt-oss",
    entry: anEntry({ modelId: modelId("exoctl/tiny-gpt-oss"), weightsOf: modelId("local/tiny-gpt-oss"), layers: 4 }),
    spec: {
      name: "local/tiny-gpt-oss",
      layers: 4,
      weightBytesPerLayer: 1_000,
      denseBytesPerLayer: 100,
      expertBytes: 10,
      experts: 8,
      expertsPerToken: 2,
      embedBytes: 5,
      headBytes: 5,
      normBytes: 1,
      hiddenBytes: 64,
      kvBytesPerTokenPerLayer: 32,
      slidingWindow: 128,
      kvStepTokens: 256,
      fullAttentionLayers: [1, 3],
      tensor: { ways: [2], denseBytesPerLayer: 90, expertBytes: 9 },
    },
    ...changes,
  });

export const agents = (...names: string[]) => names.map((name) => agentId(`agent-of-${name}`));
