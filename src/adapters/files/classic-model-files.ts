import { join } from "node:path";
import { z } from "zod";
import type { ClassicModelFiles } from "../../register/classic/installation.js";
import type { FileCalls } from "./classic-file-calls.js";
import { listed } from "./classic-site-packages.js";
import { unlessMissing } from "./registry-paths.js";

const configSchema = z.object({
  model_type: z.string().optional(),
  torch_dtype: z.string().nullish(),
  dtype: z.string().nullish(),
  quantization: z.record(z.string(), z.unknown()).nullish(),
});
const tokenizerSchema = z.object({ chat_template: z.unknown() });

/** What MLX has always known of a quantization block. */
const oldKeys = new Set(["group_size", "bits"]);

/** Reads the model's files where exo 0.0.x keeps them, `<EXO_HOME>/downloads/<owner>--<name>`. */
export async function readClassicModelFiles(
  calls: FileCalls,
  exoHome: string,
  repo: string,
): Promise<ClassicModelFiles | undefined> {
  const folder = join(exoHome, "downloads", repo.replaceAll("/", "--"));
  const names = await listed(calls, folder);
  const config = await readJson(calls, join(folder, "config.json"), configSchema);
  if (config === undefined) return undefined;
  const dtype = config.torch_dtype ?? config.dtype ?? undefined;
  return {
    basis: "the files here",
    ...(config.model_type === undefined ? {} : { modelType: config.model_type }),
    ...(dtype === undefined ? {} : { dtype }),
    quantizationKeys: Object.keys(config.quantization ?? {}).filter((key) => !oldKeys.has(key)),
    chatTemplate: await templateOf(calls, folder, names),
  };
}

async function templateOf(
  calls: FileCalls,
  folder: string,
  names: readonly string[],
): Promise<ClassicModelFiles["chatTemplate"]> {
  const tokenizer = await readJson(calls, join(folder, "tokenizer_config.json"), tokenizerSchema);
  if (tokenizer?.chat_template !== undefined && tokenizer.chat_template !== null) return "in the tokenizer's config";
  if (names.includes("chat_template.jinja")) return "in a file of its own";
  return tokenizer === undefined ? "unknown" : "none";
}

/** @returns undefined when the file is missing or not of that shape */
async function readJson<T>(calls: FileCalls, path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await unlessMissing(calls.readFile(path, "utf8"));
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // A damaged file tells nothing; exo will say so itself.
    return undefined;
  }
}
