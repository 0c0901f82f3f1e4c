import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GptOssArchitecture } from "../../models/gpt-oss-architecture.js";
import type { Quantization } from "../../models/model-spec.js";
import { gptOssTensors, statedPacking, type ZeroTensor } from "./tiny-model.js";

const elementBytes = { BF16: 2, U8: 1, U32: 4 } as const;

const bytesOf = ({ dtype, shape }: ZeroTensor): number =>
  elementBytes[dtype] * shape.reduce((product, size) => product * size, 1);

function headerOf(tensors: readonly ZeroTensor[]): Buffer {
  let end = 0;
  const members = tensors.map((tensor) => {
    const start = end;
    end += bytesOf(tensor);
    return [tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [start, end] }] as const;
  });
  const json = Buffer.from(JSON.stringify({ __metadata__: { format: "mlx" }, ...Object.fromEntries(members) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json]);
}

const configOf = (shape: GptOssArchitecture, stored: Quantization | "published"): object => ({
  architectures: ["GptOssForCausalLM"],
  model_type: "gpt_oss",
  num_hidden_layers: shape.layers,
  num_local_experts: shape.experts,
  num_experts_per_tok: shape.expertsPerToken,
  hidden_size: shape.hiddenSize,
  intermediate_size: shape.intermediateSize,
  num_attention_heads: shape.queryHeads,
  num_key_value_heads: shape.kvHeads,
  head_dim: shape.headSize,
  vocab_size: shape.vocabularySize,
  sliding_window: shape.slidingWindowTokens,
  max_position_embeddings: shape.maxContextTokens,
  tie_word_embeddings: false,
  ...statedPacking(shape, stored),
});

const weightFile = "model.safetensors";

/**
 * Writes a model folder that is valid in all but its numbers, which are zero.
 *
 * @param pause is waited for between pieces of the weights, so that writing takes time
 */
export async function writeTinyModel(
  folder: string,
  shape: GptOssArchitecture,
  stored: Quantization | "published",
  pause: () => Promise<void> = async () => {},
): Promise<void> {
  const tensors = gptOssTensors(shape, stored);
  await mkdir(folder, { recursive: true });
  const file = await open(join(folder, weightFile), "w");
  try {
    await file.write(headerOf(tensors));
    const size = Math.ceil(tensors.length / 10);
    for (let at = 0; at < tensors.length; at += size) {
      await file.write(Buffer.alloc(tensors.slice(at, at + size).reduce((sum, tensor) => sum + bytesOf(tensor), 0)));
      await pause();
    }
  } finally {
    await file.close();
  }
  const total = tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  const map = Object.fromEntries(tensors.map(({ name }) => [name, weightFile]).toSorted());
  const index = { metadata: { total_size: total }, weight_map: map };
  await writeFile(join(folder, `${weightFile}.index.json`), JSON.stringify(index));
  await writeFile(join(folder, "config.json"), JSON.stringify(configOf(shape, stored)));
  for (const name of ["tokenizer.json", "tokenizer_config.json"]) await writeFile(join(folder, name), "{}");
  await writeFile(
    join(folder, "chat_template.jinja"),
    "{% for message in messages %}{{ message.content }}{% endfor %}",
  );
}
