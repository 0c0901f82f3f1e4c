import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type GptOssArchitecture, totalParameters } from "../../models/gpt-oss-architecture.js";
import { gptOssSpec } from "../../models/gpt-oss-spec.js";
import { gptOssShape } from "../../models/inspect/gpt-oss-shapes.js";
import { readModelConfig } from "../../models/inspect/model-config.js";
import { totalWeightBytes } from "../../models/model-bytes.js";
import type { Quantization } from "../../models/model-spec.js";
import { writeTinyModel } from "./write-tiny-model.js";

/** The version whose output is played (recordings in test/fixtures/mlx-lm). */
const playedVersion = "0.32.2";

/** Time between two pieces of the weights. */
const pauseMs = 60;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** What a real Python with mlx-lm says about itself, of the architectures that can be played. */
export const describeSimulatedConverter = (): void =>
  say(JSON.stringify({ version: playedVersion, modelTypes: ["gpt_oss"] }));

/** What the options make of a source, by mlx-lm's rules. */
function resultOf(source: "packed" | "plain", quantize: boolean, bits: string): Quantization {
  if (!quantize) return "bf16";
  if (bits === "8") return source === "packed" ? "MXFP4-Q8" : "affine-8";
  return source === "packed" ? "MXFP4-Q4" : "affine-4";
}

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "hf-path": { type: "string" },
      "mlx-path": { type: "string", default: "mlx_model" },
      quantize: { type: "boolean", short: "q", default: false },
      "q-bits": { type: "string", default: "4" },
      "q-group-size": { type: "string", default: "64" },
      dequantize: { type: "boolean", short: "d", default: false },
      dtype: { type: "string" },
    },
  });
  return values;
}

/**
 * Plays `mlx_lm convert` on the small gpt-oss of a simulated Mac: the same options, the same lines in the same order, the same
 * failures, and a folder that differs from a real one only in that all its numbers are zero.
 *
 * @throws an error whose text is the last line that mlx_lm prints in that case
 */
export async function simulateConversion(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  const result = options["mlx-path"];
  if (await exists(result)) throw new Error(`ValueError: Cannot save to the path ${result} as it already exists.`);
  say("[INFO] Loading");
  const read = readModelConfig(await readFile(join(options["hf-path"] ?? "", "config.json")));
  const config = read.kind === "ok" ? read.value : undefined;
  const shape = config === undefined ? undefined : gptOssShape(config);
  if (config === undefined || shape === undefined)
    throw new Error(`ValueError: Model type ${config?.modelType} not supported.`);
  await setTimeout(pauseMs);
  if (options.dtype !== undefined) say(`[INFO] Using dtype: ${options.dtype}`);
  if (options.quantize) say("[INFO] Quantizing");
  const into = resultOf(config.quantization === undefined ? "plain" : "packed", options.quantize, options["q-bits"]);
  if (options.quantize) say(`[INFO] Quantized model with ${bitsPerWeight(shape, into)} bits per weight.`);
  if (options.dequantize) say("[INFO] Dequantizing");
  await writeTinyModel(result, shape, into, () => setTimeout(pauseMs));
}

const bitsPerWeight = (shape: GptOssArchitecture, stored: Quantization): string =>
  ((totalWeightBytes(gptOssSpec("", shape, stored)) * 8) / totalParameters(shape)).toFixed(3);

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
