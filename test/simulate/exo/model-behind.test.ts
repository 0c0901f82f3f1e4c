import { expect, test } from "vitest";
import { totalWeightBytes } from "../../../src/models/model-bytes.js";
import type { ModelCard } from "../../../src/simulate/exo/exo-types.js";
import { modelBehind } from "../../../src/simulate/exo/generation-pace.js";

const card = (modelId: string, bytes: number): ModelCard =>
  ({
    modelId,
    storageSize: { inBytes: bytes },
    nLayers: 36,
    hiddenSize: 2880,
    numKeyValueHeads: 8,
  }) as ModelCard;

test("weights are as large as they are, whatever exo's card says within reason", () => {
  const trueBytes = totalWeightBytes(modelBehind(card("exoctl/gpt-oss-120b-MXFP4-Q8", 63_250_000_000)));
  expect(totalWeightBytes(modelBehind(card("mlx-community/gpt-oss-120b-MXFP4-Q8", 70_652_212_224)))).toBe(trueBytes);
  expect(trueBytes).toBeGreaterThan(60e9);
});

test("a small model of that family takes what it has", () => {
  expect(totalWeightBytes(modelBehind(card("local/gpt-oss-tiny", 36_000_000)))).toBeLessThanOrEqual(36_000_000);
});
