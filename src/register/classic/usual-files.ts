import type { ClassicModelFiles } from "./installation.js";

/** What mlx-lm's conversions of gpt-oss hold: 16-bit parts in bfloat16, routers with 8 bits, the template in a file of its own. */
const gptOss: ClassicModelFiles = {
  basis: "the usual conversions",
  modelType: "gpt_oss",
  dtype: "bfloat16",
  quantizationKeys: ["mode", "model.layers.*.mlp.router"],
  chatTemplate: "in a file of its own",
};

/** What is known of a model's files without seeing them; of most models nothing. */
export const usualFiles = (repo: string, model: string): ClassicModelFiles =>
  [repo, model].some((name) => name.toLowerCase().includes("gpt-oss"))
    ? gptOss
    : { basis: "the usual conversions", quantizationKeys: [], chatTemplate: "unknown" };
