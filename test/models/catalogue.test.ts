import { describe, expect, test } from "vitest";
import { catalogueNames, entryFor, exoCardBytes, findModel, findModelById } from "../../src/models/catalogue.js";
import {
  activeLayerParameters,
  gptOss20b,
  gptOss120b,
  layerParameters,
  totalParameters,
  vocabularyParameters,
} from "../../src/models/gpt-oss-architecture.js";
import { gptOssBytes } from "../../src/models/gpt-oss-spec.js";
import { readWeightBytes, totalWeightBytes } from "../../src/models/model-bytes.js";
import type { Quantization } from "../../src/models/model-spec.js";
import { quantizations } from "../../src/models/quantized-bytes.js";
import { aModel } from "../support/plan-problems.js";

test("parameters of a block and of the whole models, as the reference counts them", () => {
  expect(layerParameters(gptOss120b)).toEqual({
    attentionMatrix: 26_542_080,
    attentionOther: 8_064,
    norms: 5_760,
    routerMatrix: 368_640,
    routerBias: 128,
    expertMatrix: 24_883_200,
    expertBias: 8_640,
  });
  expect(vocabularyParameters(gptOss120b)).toBe(579_133_440);
  expect(activeLayerParameters(gptOss120b)).toBe(126_492_032);
  expect(totalParameters(gptOss120b)).toBe(116_829_156_672);
  expect(totalParameters(gptOss20b)).toBe(20_914_757_184);
  const active = (shape: typeof gptOss120b): number =>
    shape.layers * activeLayerParameters(shape) + vocabularyParameters(shape) + shape.hiddenSize;
  expect(active(gptOss120b)).toBe(5_132_849_472);
  expect(active(gptOss20b)).toBe(3_608_307_264);
});

interface Column {
  readonly quantization: Quantization;
  readonly attention: number;
  readonly norms: number;
  readonly router: number;
  readonly expert: number;
  readonly layer: number;
  readonly layerRead: number;
  readonly vocabulary: number;
  readonly whole: number;
  readonly read: number;
  readonly whole20b: number;
}

/** Every number of the table in placement reference 1.3, column by column. */
const columns: readonly Column[] = [
  {
    quantization: "MXFP4-Q8",
    attention: 28_217_088,
    norms: 11_520,
    router: 391_936,
    expert: 13_236_480,
    layer: 1_722_889_984,
    layerRead: 81_566_464,
    vocabulary: 615_329_280,
    whole: 63_254_703_744,
    read: 3_551_721_984,
    whole20b: 12_076_119_168,
  },
  {
    quantization: "MXFP4-Q4",
    attention: 14_946_048,
    norms: 11_520,
    router: 391_936,
    expert: 13_236_480,
    layer: 1_709_618_944,
    layerRead: 68_295_424,
    vocabulary: 325_762_560,
    whole: 62_197_812_864,
    read: 2_784_397_824,
    whole20b: 11_178_480_768,
  },
  {
    quantization: "affine-4",
    attention: 14_946_048,
    norms: 11_520,
    router: 391_936,
    expert: 14_014_080,
    layer: 1_809_151_744,
    layerRead: 71_405_824,
    vocabulary: 325_762_560,
    whole: 65_780_993_664,
    read: 2_896_372_224,
    whole20b: 11_775_677_568,
  },
  {
    quantization: "affine-8",
    attention: 28_217_088,
    norms: 11_520,
    router: 391_936,
    expert: 26_455_680,
    layer: 3_414_947_584,
    layerRead: 134_443_264,
    vocabulary: 615_329_280,
    whole: 124_168_777_344,
    read: 5_455_286_784,
    whole20b: 22_228_464_768,
  },
  {
    quantization: "bf16",
    attention: 53_100_288,
    norms: 11_520,
    router: 737_536,
    expert: 49_783_680,
    layer: 6_426_160_384,
    layerRead: 252_984_064,
    vocabulary: 1_158_266_880,
    whole: 233_658_313_344,
    read: 10_265_693_184,
    whole20b: 41_829_514_368,
  },
];

describe.each(columns)("sizes in $quantization", (column) => {
  test("the parts of a layer", () => {
    const { attention, norms, router, expert, vocabulary } = column;
    expect(gptOssBytes(gptOss120b, column.quantization)).toEqual({ attention, norms, router, expert, vocabulary });
  });

  test("layer, whole model and what a token reads", () => {
    const model = aModel("gpt-oss-120b", column.quantization);
    expect(model.weightBytesPerLayer).toBe(column.layer);
    expect(readWeightBytes(model, 1)).toBe(column.layerRead);
    expect(totalWeightBytes(model)).toBe(column.whole);
    expect(model.layers * readWeightBytes(model, 1) + model.headBytes).toBe(column.read);
    expect(totalWeightBytes(aModel("gpt-oss-20b", column.quantization))).toBe(column.whole20b);
  });
});

test("every quantisation has a column", () => {
  expect(columns.map((column) => column.quantization)).toEqual(quantizations);
});

describe("registry entries", () => {
  test("our own entry has an id of its own, the true size and the published weights", () => {
    expect(entryFor("gpt-oss-120b", "MXFP4-Q8", "own")).toEqual({
      modelId: "exoctl/gpt-oss-120b-MXFP4-Q8",
      weightsOf: "mlx-community/gpt-oss-120b-MXFP4-Q8",
      layers: 36,
      hiddenSize: 2880,
      kvHeads: 8,
      contextTokens: 131_072,
      storageBytes: 63_254_703_744,
      supportsTensor: true,
      family: "gpt-oss",
      quantization: "MXFP4-Q8",
      baseModel: "GPT-OSS 120B",
      capabilities: ["text", "thinking"],
    });
  });

  test("exo's entry is the published id", () => {
    const entry = entryFor("gpt-oss-20b", "MXFP4-Q8", "builtin");
    expect(entry.modelId).toBe("mlx-community/gpt-oss-20b-MXFP4-Q8");
    expect(entry.weightsOf).toBe(entry.modelId);
    expect(entry.layers).toBe(24);
  });

  test("exo's card is 11.7 % too large for 120b", () => {
    const card = exoCardBytes("gpt-oss-120b", "MXFP4-Q8") ?? 0;
    expect(card / totalWeightBytes(aModel())).toBeCloseTo(1.117, 3);
    expect(exoCardBytes("gpt-oss-120b", "affine-4")).toBeUndefined();
  });

  test("an unknown model and an entry that exo does not ship are refused", () => {
    expect(() => entryFor("gpt-oss-7b", "MXFP4-Q8", "own")).toThrow("there is no model named");
    expect(() => entryFor("gpt-oss-120b", "affine-8", "builtin")).toThrow("exo ships no entry");
    expect(findModel("gpt-oss-7b", "MXFP4-Q8")).toBeUndefined();
    for (const name of catalogueNames) expect(findModel(name, "bf16")?.name).toBe(name);
  });
});

test("an id of an entry leads to its model: ours, that of a further copy, or the published one", () => {
  for (const id of [
    "exoctl/gpt-oss-20b-MXFP4-Q8",
    "exoctl/gpt-oss-20b-MXFP4-Q8-copy2",
    "mlx-community/gpt-oss-20b-MXFP4-Q8",
  ])
    expect(findModelById(id)).toEqual(findModel("gpt-oss-20b", "MXFP4-Q8"));
  expect(findModelById("somebody/else")).toBeUndefined();
});
