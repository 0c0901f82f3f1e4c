import { readFileSync } from "node:fs";
import { modelId } from "../../src/cluster/names.js";
import type { ConversionOrder } from "../../src/models/convert/conversion.js";
import type { GptOssArchitecture } from "../../src/models/gpt-oss-architecture.js";
import { inspectModel } from "../../src/models/inspect/inspect-model.js";
import { readModelConfig } from "../../src/models/inspect/model-config.js";
import type { Quantization } from "../../src/models/model-spec.js";
import { type FakeTensor, gptOssConfig, huggingFaceTensors, originalTensors, smallGptOss } from "./fake-model.js";
import { type FakeFolder, filesIn, shardsOf, textFile, wordFiles } from "./fake-model-files.js";

const folderOf = (tensors: readonly FakeTensor[], config: object): FakeFolder =>
  new Map([...shardsOf(tensors, 2), ...wordFiles, ["config.json", textFile(JSON.stringify(config))]]);

/** gpt-oss as OpenAI publishes it: what conversions begin with. `more` goes into config.json. */
export const publishedFolder = (shape: GptOssArchitecture = smallGptOss, more: object = {}): FakeFolder =>
  folderOf(huggingFaceTensors(shape), {
    ...gptOssConfig(shape),
    quantization_config: { quant_method: "mxfp4" },
    ...more,
  });

/** The same unpacked, as transformers writes it: experts stand the other way round. */
export function unpackedFolder(shape: GptOssArchitecture = smallGptOss): FakeFolder {
  const { experts, hiddenSize, intermediateSize } = shape;
  const plain = (name: string, rows: number, columns: number): FakeTensor => ({
    name,
    dtype: "BF16",
    shape: [experts, rows, columns],
  });
  const tensors = huggingFaceTensors(shape).flatMap((tensor) => {
    if (tensor.name.endsWith("_scales")) return [];
    const name = tensor.name.replace(/_blocks$/, "");
    if (name === tensor.name) return [tensor];
    return name.endsWith("gate_up_proj")
      ? [plain(name, hiddenSize, 2 * intermediateSize)]
      : [plain(name, intermediateSize, hiddenSize)];
  });
  return folderOf(tensors, { ...gptOssConfig(shape), torch_dtype: "bfloat16" });
}

/** OpenAI's `original/`. */
export const originalFolder = (): FakeFolder =>
  new Map([...shardsOf(originalTensors(smallGptOss), 1), ["config.json", textFile('{"num_hidden_layers": 4}')]]);

/** A small Llama in 16 bits; `dtype` as safetensors writes it. */
export function llamaFolder(dtype: "BF16" | "F16" | "F32" = "BF16"): FakeFolder {
  const [hidden, inner, vocabulary] = [128, 256, 320];
  const t = (name: string, ...shape: number[]): FakeTensor => ({ name, dtype, shape });
  const layers = [0, 1].flatMap((layer) => {
    const path = `model.layers.${layer}`;
    return [
      t(`${path}.input_layernorm.weight`, hidden),
      t(`${path}.post_attention_layernorm.weight`, hidden),
      ...["q", "k", "v", "o"].map((name) => t(`${path}.self_attn.${name}_proj.weight`, hidden, hidden)),
      t(`${path}.mlp.gate_proj.weight`, inner, hidden),
      t(`${path}.mlp.up_proj.weight`, inner, hidden),
      t(`${path}.mlp.down_proj.weight`, hidden, inner),
    ];
  });
  const tensors = [
    t("model.embed_tokens.weight", vocabulary, hidden),
    ...layers,
    t("model.norm.weight", hidden),
    t("lm_head.weight", vocabulary, hidden),
  ];
  return folderOf(tensors, {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    num_hidden_layers: 2,
    hidden_size: hidden,
    intermediate_size: inner,
    num_attention_heads: 2,
    num_key_value_heads: 2,
    vocab_size: vocabulary,
    max_position_embeddings: 4096,
    tie_word_embeddings: false,
  });
}

/** What the checks of a conversion read of a folder. */
export async function inspected(folder: FakeFolder) {
  const config = readModelConfig(folder.get("config.json")?.head ?? new Uint8Array());
  if (config.kind !== "ok") throw new Error(config.why);
  return { inspection: await inspectModel(filesIn(folder), "openai/gpt-oss-120b"), config: config.value };
}

export const anOrder = (quantization: Quantization, target = "local/gpt-oss-120b-new"): ConversionOrder => ({
  source: modelId("openai/gpt-oss-120b"),
  target: modelId(target),
  quantization,
});

const recordings = new URL("../fixtures/mlx-lm/0.32.2/", import.meta.url);

/** What the real mlx_lm printed. Most runs that went well said nothing on standard error. */
export function recording(name: string): { readonly stdout: string; readonly stderr: string } {
  const read = (ending: string): string => {
    try {
      return readFileSync(new URL(`${name}.${ending}.txt`, recordings), "utf8");
    } catch {
      return ""; // it printed nothing there
    }
  };
  const printed = { stdout: read("stdout"), stderr: read("stderr") };
  if (printed.stdout + printed.stderr === "") throw new Error(`there is no recording ${name}`);
  return printed;
}
