import { describe, expect, test } from "vitest";
import { gptOss20b, gptOss120b } from "../../../src/models/gpt-oss-architecture.js";
import { inspectModel } from "../../../src/models/inspect/inspect-model.js";
import type { ModelSpec, Quantization } from "../../../src/models/model-spec.js";
import { gptOssConfig, huggingFaceTensors, originalTensors, smallGptOss } from "../../support/fake-model.js";
import { type FakeFolder, filesIn, mlxFolder, shardsOf, textFile, wordFiles } from "../../support/fake-model-files.js";
import { aModel } from "../../support/plan-problems.js";

const inspect = (folder: FakeFolder, name = "gpt-oss-120b") => inspectModel(filesIn(folder), name);

/** The catalogue's spec, which has the size on exo's card besides. */
function catalogued(name: string, quantization: Quantization): ModelSpec {
  const { exoCardBytes: _notInTheFiles, ...spec } = aModel(name, quantization);
  return spec;
}

describe("gpt-oss-120b by its headers has the bytes of the reference", () => {
  test.each([
    ["MXFP4-Q8", 1_722_889_984, 615_329_280, 63_254_703_744, 13_236_480],
    ["MXFP4-Q4", 1_709_618_944, 325_762_560, 62_197_812_864, 13_236_480],
    ["affine-4", 1_809_151_744, 325_762_560, 65_780_993_664, 14_014_080],
    ["affine-8", 3_414_947_584, 615_329_280, 124_168_777_344, 26_455_680],
    ["bf16", 6_426_160_384, 1_158_266_880, 233_658_313_344, 49_783_680],
  ] as const)("%s", async (quantization, layer, vocabulary, whole, expert) => {
    const { verdict, facts, model, findings } = await inspect(mlxFolder(gptOss120b, quantization, 13));
    expect(findings.filter(({ severity }) => severity !== "note")).toEqual([]);
    expect(verdict).toBe("complete");
    expect(facts?.quantization.name).toBe(quantization);
    expect(facts?.bytes).toEqual({
      total: whole,
      perLayer: Array(36).fill(layer),
      embedding: vocabulary,
      head: vocabulary,
      norm: 5_760,
      other: 0,
    });
    expect(model?.expertBytes).toBe(expert);
    expect(facts?.parameters).toBe(116_829_156_672);
    expect(model).toEqual(catalogued("gpt-oss-120b", quantization));
  });

  test("the parts of an MXFP4-Q8 layer", async () => {
    const { facts } = await inspect(mlxFolder(gptOss120b, "MXFP4-Q8"));
    expect(facts?.layerKinds).toMatchObject([
      { attention: "sliding_attention", layers: expect.arrayContaining([0, 34]) },
      {
        attention: "full_attention",
        attentionBytes: 28_217_088,
        normBytes: 11_520,
        routerBytes: 391_936,
        expertsBytes: 128 * 13_236_480,
      },
    ]);
  });
});

test.each(["MXFP4-Q8", "affine-4"] as const)("gpt-oss-20b in %s", async (quantization) => {
  const { model } = await inspect(mlxFolder(gptOss20b, quantization), "gpt-oss-20b");
  expect(model).toEqual(catalogued("gpt-oss-20b", quantization));
});

describe("Hugging Face's MXFP4", () => {
  const folder: FakeFolder = new Map([
    ...shardsOf(huggingFaceTensors(gptOss120b), 15),
    ...wordFiles,
    [
      "config.json",
      textFile(JSON.stringify({ ...gptOssConfig(gptOss120b), quantization_config: { quant_method: "mxfp4" } })),
    ],
    ["original/model.safetensors.index.json", textFile("{}")],
  ]);

  test("is complete, has the bytes of the original checkpoint, and gives a spec", async () => {
    const { verdict, facts, model, findings } = await inspect(folder);
    expect(verdict).toBe("complete");
    expect(facts?.layout).toBe("hugging-face-mxfp4");
    expect(facts?.bytes.total).toBe(65_248_815_744);
    expect(model?.weightBytesPerLayer).toBe(1_748_118_784);
    expect(facts?.quantization).toMatchObject({ words: "experts MXFP4, other matrices bf16, routers bf16" });
    expect(facts?.quantization.name).toBeUndefined();
    expect(findings).toContainEqual(expect.objectContaining({ code: "spare_weights", severity: "note" }));
  });
});

describe("OpenAI's original/", () => {
  const original: FakeFolder = new Map([
    ...shardsOf(originalTensors(smallGptOss), 2),
    [
      "config.json",
      textFile(JSON.stringify({ num_hidden_layers: 4, num_experts: 8, hidden_size: 128, rope_theta: 150_000 })),
    ],
  ]);

  test("can be neither run nor converted, and the message says what can", async () => {
    const { verdict, facts, model, findings } = await inspect(original);
    expect(verdict).toBe("unusable");
    expect(facts?.layout).toBe("openai-original");
    expect(model).toBeNull();
    expect(findings).toMatchObject([{ code: "openai_original", fix: expect.stringContaining("outside original/") }]);
    expect(facts?.bytes.perLayer).toHaveLength(4);
  });

  test("is recognised in a folder that has nothing else", async () => {
    const folder = new Map([...original].map(([path, file]) => [`original/${path}`, file] as const));
    const { verdict, findings } = await inspect(folder);
    expect(findings.map(({ code }) => code)).toContain("openai_original");
    expect(verdict).toBe("unusable");
  });
});

describe("one file", () => {
  const [single] = shardsOf(huggingFaceTensors(smallGptOss), 1).values();
  const config = textFile(JSON.stringify(gptOssConfig(smallGptOss)));

  test("without an index is whole, but never complete for exo", async () => {
    if (single === undefined) throw new Error("no file");
    const { verdict, exo, findings, model } = await inspect(
      new Map([...wordFiles, ["model.safetensors", single], ["config.json", config]]),
    );
    expect(verdict).toBe("complete");
    expect(exo).toMatchObject({ complete: false, addsOffline: false });
    expect(findings).toContainEqual(expect.objectContaining({ code: "no_index", severity: "warning" }));
    expect(model).not.toBeNull();
  });
});

describe("other architectures", () => {
  const matrix = (name: string, ...shape: number[]) => ({ name, dtype: "BF16", shape });
  const config = {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    num_hidden_layers: 3,
    hidden_size: 64,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 4096,
  };
  const layers = [0, 1, 2].flatMap((layer) => [
    matrix(`model.layers.${layer}.self_attn.q_proj.weight`, 64, 64),
    matrix(`model.layers.${layer}.mlp.down_proj.weight`, 64, layer === 2 ? 256 : 128),
    matrix(`model.layers.${layer}.input_layernorm.weight`, 64),
  ]);
  const embedding = matrix("model.embed_tokens.weight", 1000, 64);
  const norm = matrix("model.norm.weight", 64);
  const folderOf = (tensors: readonly ReturnType<typeof matrix>[], facts: object = {}): FakeFolder =>
    new Map([
      ...shardsOf(tensors, 1),
      ...wordFiles,
      ["config.json", textFile(JSON.stringify({ ...config, ...facts }))],
    ]);

  test("dense, with a tied head and layers of two sizes", async () => {
    const { verdict, facts, model, exo, findings } = await inspect(folderOf([...layers, embedding, norm]), "llama");
    expect(verdict).toBe("complete");
    expect(facts).toMatchObject({ head: "tied", experts: 0, bytes: { perLayer: [24_704, 24_704, 41_088] } });
    expect(model).toMatchObject({
      weightBytesPerLayer: 41_088,
      denseBytesPerLayer: 41_088,
      embedBytes: 0,
      headBytes: 128_000,
      kvBytesPerTokenPerLayer: 128,
      fullAttentionLayers: [0, 1, 2],
    });
    expect(exo.tensor).toEqual({ offered: true, ways: [2] });
    expect(findings.map(({ code }) => code)).toEqual(["layers_differ"]);
  });

  test("a head that is said to be there and is not", async () => {
    const { verdict } = await inspect(folderOf([...layers, embedding, norm], { tie_word_embeddings: false }));
    expect(verdict).toBe("incomplete");
  });

  test("experts in tensors of their own, with a shared one that is always read", async () => {
    const experts = [0, 1, 2].flatMap((layer) => [
      ...[0, 1, 2, 3].map((each) => matrix(`model.layers.${layer}.mlp.experts.${each}.up_proj.weight`, 32, 64)),
      matrix(`model.layers.${layer}.mlp.shared_expert.up_proj.weight`, 16, 64),
      matrix(`model.layers.${layer}.mlp.gate.weight`, 4, 64),
    ]);
    const facts = { num_experts: 4, num_experts_per_tok: 2 };
    const { model } = await inspect(
      folderOf([...layers.filter(({ name }) => !name.includes("down")), ...experts, embedding, norm], facts),
    );
    expect(model).toMatchObject({
      expertBytes: 4096,
      experts: 4,
      expertsPerToken: 2,
      denseBytesPerLayer: 8320 + 2048 + 512,
    });
  });

  test("a vision tower is no part of the layers", async () => {
    const tower = matrix("vision_tower.encoder.layers.0.attn.weight", 64, 64);
    const { facts, model } = await inspect(folderOf([...layers, embedding, norm, tower]));
    expect(facts?.bytes.other).toBe(8192);
    expect(model?.embedBytes).toBe(8192);
  });

  test("a quantisation that mlx-lm does not read", async () => {
    const packed = { name: "model.layers.0.mlp.gate_proj.qweight", dtype: "I64", shape: [64, 8] };
    const { verdict, findings } = await inspect(folderOf([...layers, embedding, norm, packed]));
    expect(verdict).toBe("unusable");
    expect(findings.map(({ code }) => code)).toContain("foreign_quantization");
  });

  test("a KV cache that is not made of keys and values gives no spec", async () => {
    const { model, findings } = await inspect(folderOf([...layers, embedding, norm], { kv_lora_rank: 512 }));
    expect(model).toBeNull();
    expect(findings.map(({ code }) => code)).toContain("no_spec");
  });
});

describe("quantisations without a name are described with bits and groups", () => {
  const packed = (bits: number, group: number, scales: string) => (name: string, rows: number) => [
    { name: `${name}.weight`, dtype: "U32", shape: [rows, (64 * bits) / 32] },
    { name: `${name}.scales`, dtype: scales, shape: [rows, 64 / group] },
    ...(scales === "U8" ? [] : [{ name: `${name}.biases`, dtype: scales, shape: [rows, 64 / group] }]),
  ];
  const plain = (name: string, ...shape: number[]) => [{ name: `${name}.weight`, dtype: "F16", shape }];

  test.each([
    ["affine", 6, 32, "BF16", "affine 6 bits in groups of 32", 7],
    ["affine", 3, 64, "F16", "affine 3 bits in groups of 64", 3.5],
    ["mxfp8", 8, 32, "U8", "mxfp8 8 bits in groups of 32", 8.25],
    ["nvfp4", 4, 16, "U8", "nvfp4 4 bits in groups of 16", 4.5],
  ] as const)("%s, %i bits in groups of %i", async (mode, bits, group, scales, words, bitsPerWeight) => {
    const matrix = packed(bits, group, scales);
    const tensors = [
      ...matrix("model.layers.0.self_attn.q_proj", 64),
      ...matrix("model.embed_tokens", 640),
      ...plain("model.norm", 64),
    ];
    const config = {
      model_type: "llama",
      num_hidden_layers: 1,
      hidden_size: 64,
      num_attention_heads: 4,
      quantization: { mode, bits, group_size: group },
    };
    const folder = new Map([...shardsOf(tensors, 1), ...wordFiles, ["config.json", textFile(JSON.stringify(config))]]);
    const { verdict, facts, model } = await inspect(folder, "llama");
    expect(verdict).toBe("complete");
    expect(facts?.quantization).toEqual({
      words: `other matrices ${words}`,
      bitsPerWeight: expect.closeTo(bitsPerWeight, 1),
    });
    expect(model?.weightBytesPerLayer).toBe((64 * 64 * bitsPerWeight) / 8);
  });

  test("several at once, the one with most bytes first", async () => {
    const matrix = packed(4, 64, "F16");
    const tensors = [
      ...matrix("model.layers.0.self_attn.q_proj", 64),
      ...plain("model.embed_tokens", 640, 64),
      ...plain("model.norm", 64),
    ];
    const config = { model_type: "llama", num_hidden_layers: 1, hidden_size: 64, num_attention_heads: 4 };
    const quantization = { bits: 8, group_size: 64, "model.layers.0.self_attn.q_proj": { bits: 4, group_size: 64 } };
    const text = textFile(JSON.stringify({ ...config, quantization }));
    const { facts } = await inspect(new Map([...shardsOf(tensors, 1), ...wordFiles, ["config.json", text]]), "llama");
    expect(facts?.quantization.words).toBe("other matrices f16 and affine 4 bits in groups of 64");
  });
});

test("what exo would put on a card", async () => {
  const { exo } = await inspect(mlxFolder(gptOss120b, "MXFP4-Q8"));
  expect(exo).toEqual({
    complete: true,
    whyNotComplete: null,
    tensor: { offered: true, ways: [2] },
    addsOffline: true,
    card: {
      nLayers: 36,
      hiddenSize: 2880,
      numKeyValueHeads: 8,
      contextLength: 131_072,
      supportsTensor: true,
      tasks: ["TextGeneration"],
      family: "gpt-oss",
      quantization: "MXFP4-Q8",
      storageSizeInBytes: 63_254_703_744,
    },
  });
});
