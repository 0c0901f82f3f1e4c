import { describe, expect, test } from "vitest";
import { heldKvBytes, isFullAttention, readKvBytes } from "../../src/models/kv-cache.js";
import { distinctExperts, fixedBytes, readWeightBytes } from "../../src/models/model-bytes.js";
import { aModel } from "../support/plan-problems.js";

const layersOf = (count: number): readonly number[] => Array.from({ length: count }, (_, layer) => layer);

describe("KV cache", () => {
  test.each([
    [4096, 155_713_536, 103_809_024],
    [32_768, 1_212_678_144, 808_452_096],
    [131_072, 4_836_556_800, 3_224_371_200],
  ])("one sequence of %d tokens holds what the reference says", (contextTokens, large, small) => {
    const held = (name: string): number => {
      const model = aModel(name);
      return layersOf(model.layers).reduce((sum, layer) => sum + heldKvBytes(model, layer, contextTokens), 0);
    };
    expect(held("gpt-oss-120b")).toBe(large);
    expect(held("gpt-oss-20b")).toBe(small);
  });

  test("full layers are odd and grow in steps of 256 tokens; sliding ones are capped at 128", () => {
    const model = aModel();
    expect([0, 1, 2, 35].map((layer) => isFullAttention(model, layer))).toEqual([false, true, false, true]);
    expect(heldKvBytes(model, 1, 1)).toBe(2048 * 256);
    expect(heldKvBytes(model, 1, 257)).toBe(2048 * 512);
    expect(heldKvBytes(model, 0, 131_072)).toBe(262_144);
  });

  test("reading counts the tokens that are there", () => {
    const model = aModel();
    expect(readKvBytes(model, 1, 1000)).toBe(2_048_000);
    expect(readKvBytes(model, 0, 1000)).toBe(262_144);
    expect(readKvBytes(model, 0, 100)).toBe(204_800);
  });

  test("a list of full-attention layers is taken as it is", () => {
    const model = { ...aModel(), fullAttentionLayers: [0, 5] };
    expect([0, 1, 5].map((layer) => isFullAttention(model, layer))).toEqual([true, false, true]);
  });
});

describe("weights", () => {
  test.each([
    [1, 4],
    [2, 7.88],
    [4, 15.3],
    [8, 28.7],
    [16, 51.0],
    [32, 81.7],
  ])("a batch of %d touches %d experts a layer", (batch, experts) => {
    expect(Math.abs(distinctExperts(aModel(), batch) - experts)).toBeLessThan(0.06);
  });

  test("a dense model has none", () => {
    expect(readWeightBytes({ ...aModel(), experts: 0, expertsPerToken: 0 }, 8)).toBe(28_620_544);
  });

  test("embedding, head and norm by what a node keeps", () => {
    const model = aModel();
    expect(fixedBytes(model, "both")).toBe(1_230_658_560 + 5_760);
    expect(fixedBytes(model, "embedding")).toBe(615_329_280);
    expect(fixedBytes(model, "head")).toBe(615_335_040);
    expect(fixedBytes(model, "none")).toBe(0);
  });
});
