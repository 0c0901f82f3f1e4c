import { gptOssShape } from "../inspect/gpt-oss-shapes.js";
import type { ModelFacts } from "../inspect/inspection.js";
import type { ModelConfig } from "../inspect/model-config.js";
import type { Quantization } from "../model-spec.js";

/** Why something can't be converted, in one sentence, and what can be done instead. */
export interface Refused {
  readonly kind: "refused";
  readonly why: string;
  readonly fix: string;
}

export const refused = (why: string, fix: string): Refused => ({ kind: "refused", why, fix });

/** Steps by what each of them makes. */
type Steps = readonly [Quantization, ...Quantization[]];
export type ChosenSteps = { readonly kind: "steps"; readonly steps: Steps } | Refused;

/** How the weights of a source are stored, as far as it decides what they can become. */
type SourceKind = "mxfp4" | "plain" | "quantized";

/** Every packing takes less than 16 bits a weight, scales and all. */
function kindOf({ layout, quantization }: ModelFacts): SourceKind {
  if (layout === "hugging-face-mxfp4") return "mxfp4";
  return quantization.bitsPerWeight >= 16 ? "plain" : "quantized";
}

const steps = (...into: Steps): ChosenSteps => ({ kind: "steps", steps: into });

/**
 * Experts that are in MXFP4 stay so when mlx-lm quantises the rest; for anything else they have to become bf16 first, which loses
 * nothing: bf16 holds every MXFP4 value.
 */
function fromMxfp4(into: Quantization): ChosenSteps {
  return into === "affine-4" || into === "affine-8" ? steps("bf16", into) : steps(into);
}

function fromPlain(facts: ModelFacts, into: Quantization): ChosenSteps {
  if (into === "MXFP4-Q8" || into === "MXFP4-Q4")
    return refused(
      `${into} keeps experts that are in MXFP4 already, and these weights have none: mlx_lm's converter has no option that makes it of 16-bit weights`,
      facts.modelType === "gpt_oss"
        ? "Convert the published files with MXFP4 experts (openai/gpt-oss-120b), or choose affine-4 or affine-8."
        : "Choose affine-4, affine-8 or bf16.",
    );
  if (into === "bf16" && facts.layout === "mlx" && facts.quantization.name === "bf16")
    return refused(
      "these weights are bf16 in MLX's layout already",
      "Choose affine-4 or affine-8, or use them as they are.",
    );
  return steps(into);
}

/**
 * Chooses what to let mlx_lm's converter do, so that the result is exactly of the wanted quantisation. The rules were tried on
 * mlx-lm 0.28.4, 0.31.3 and 0.32.2 (docs/converting-a-model.md).
 */
export function chooseSteps(config: ModelConfig, facts: ModelFacts, into: Quantization): ChosenSteps {
  if (config.codeFile !== undefined)
    return refused(
      `config.json names a program of the model's own (${config.codeFile.slice(0, 100)}), and exoctl never runs such programs`,
      "Use a model whose architecture mlx-lm knows by itself.",
    );
  // Hugging Face keeps the experts of an unpacked gpt-oss the other way round, under names that mlx-lm takes for parameters it lacks.
  if (gptOssShape(config) !== undefined && facts.layout === "hugging-face")
    return refused(
      "mlx-lm does not read gpt-oss as 16-bit weights in Hugging Face's layout",
      "Convert the published files with MXFP4 experts (openai/gpt-oss-120b); `--quantization bf16` makes 16-bit weights of them.",
    );
  switch (kindOf(facts)) {
    case "mxfp4":
      return fromMxfp4(into);
    case "plain":
      return fromPlain(facts, into);
    case "quantized":
      return refused(
        `these weights are quantised already (${facts.quantization.name ?? facts.quantization.words}): mlx_lm would leave them as they are and report success`,
        "Use them as they are, or convert the model that they were made from.",
      );
    default:
      throw new Error("unknown kind of source");
  }
}
