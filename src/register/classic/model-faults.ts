import type { Finding } from "../../cluster/classic-finding.js";
import { isOlder } from "./compare-versions.js";
import { finding, modern, type RecipeFacts } from "./finding.js";

/** exo's own renaming of model types before it looks for a class. */
const classOf = (modelType: string): string => (modelType === "mistral" ? "llama" : modelType);

const gptOss = "gpt_oss";

/** Faults 4 to 9: what exo, MLX and the files make of the model. Only the mlx engine loads such models. */
export function findModelFaults(facts: RecipeFacts): readonly Finding[] {
  if (facts.entry.engine !== "mlx") return facts.files.modelType === gptOss ? wrongEngine(facts) : [];
  return [
    ...classFault(facts),
    ...packagesFault(facts),
    ...quantizationFault(facts),
    ...dtypeFault(facts),
    ...templateFault(facts),
    ...harmonyFault(facts),
  ];
}

const wrongEngine = ({ entry }: RecipeFacts): readonly Finding[] =>
  entry.engine === "dummy"
    ? []
    : finding(
        "model_class_missing",
        "blocks",
        `exo's ${entry.engine} engine has no model class for gpt_oss`,
        `${modern}.`,
      );

function classFault({ files, installation }: RecipeFacts): readonly Finding[] {
  const { modelType } = files;
  if (modelType === undefined) return [];
  const { modelClasses } = installation;
  if (modelClasses?.includes(classOf(modelType))) return [];
  // Where the folder could not be read, this is what every release of the line lacks.
  if (modelClasses === undefined && modelType !== gptOss) return [];
  return finding(
    "model_class_missing",
    "blocks",
    `this exo has no model class for ${modelType} (exo/inference/mlx/models/${classOf(modelType)}.py); requests end with "Model type ${modelType} not supported."`,
    modelType === gptOss ? `${modern}; no release or fork of 0.0.x has that class.` : "Use exo 1.x for this model.",
  );
}

/** gpt_oss came to mlx-lm in 0.26.3; its quantization (mxfp4, and `mode`) to mlx in 0.29.0. */
const needed = { mlxLm: "0.26.3", mlx: "0.29.0" } as const;

function packagesFault({ files, installation }: RecipeFacts): readonly Finding[] {
  if (files.modelType !== gptOss) return [];
  const { mlx, mlxLm } = installation;
  const found = `mlx ${mlx ?? "(not found)"} and mlx-lm ${mlxLm ?? "(not found)"}`;
  const old = [isOlder(mlx ?? "", needed.mlx), isOlder(mlxLm ?? "", needed.mlxLm)];
  if (old.every((each) => each === false)) return [];
  const fix = "Raising exo's pins (0.22.0 and 0.21.1) changes its other models too, so test those; or use exo 1.x.";
  if (old.includes(true))
    return finding(
      "mlx_too_old",
      "blocks",
      `gpt-oss needs mlx ${needed.mlx} and mlx-lm ${needed.mlxLm}; here are ${found}`,
      fix,
    );
  const message = `gpt-oss needs mlx ${needed.mlx} and mlx-lm ${needed.mlxLm}, and exo 0.0.x pins older ones; here are ${found}`;
  return finding("mlx_too_old", "warns", message, fix);
}

function quantizationFault({ files, installation }: RecipeFacts): readonly Finding[] {
  const handed = installation.patches.quantization;
  if (files.quantizationKeys.length === 0 || handed === "chosen keys") return [];
  const [first = "", second, ...others] = files.quantizationKeys;
  const keys = `${first}${second === undefined ? "" : ` and ${second}`}${others.length === 0 ? "" : ` (and ${others.length} more)`}`;
  return finding(
    "quantization_not_understood",
    handed === "all keys" ? "blocks" : "warns",
    `exo hands every key of the model's quantization block to MLX; ${keys} (${files.basis}) ends in a TypeError`,
    "Hand over group_size, bits and mode alone in exo/inference/mlx/sharded_utils.py, and the rest by its class_predicate; or use exo 1.x.",
  );
}

function dtypeFault({ files, installation }: RecipeFacts): readonly Finding[] {
  const { activations } = installation.patches;
  if (files.dtype !== "bfloat16" || activations === "cast") return [];
  return finding(
    "bfloat16_not_handled",
    activations === "unknown" ? "warns" : "blocks",
    `the model computes in bfloat16 (${files.basis}); exo hands that to NumPy, which has no such type`,
    "Convert the model with --dtype float16, or cast to float32 in exo/inference/mlx/sharded_inference_engine.py.",
  );
}

function templateFault({ files, installation }: RecipeFacts): readonly Finding[] {
  const { chatTemplate } = files;
  if (chatTemplate === "in the tokenizer's config" || chatTemplate === "unknown") return [];
  if (chatTemplate === "in a file of its own" && installation.patches.templates === "fetched") return [];
  const where =
    chatTemplate === "none"
      ? "has no chat template"
      : "keeps its chat template in chat_template.jinja, which exo does not fetch";
  return finding(
    "chat_template_missing",
    "warns",
    `the model ${where} (${files.basis})`,
    "Put the template's text into `chat_template` of tokenizer_config.json on every node.",
  );
}

function harmonyFault({ files }: RecipeFacts): readonly Finding[] {
  if (files.modelType !== gptOss) return [];
  return finding(
    "harmony_not_parsed",
    "warns",
    "exo does not parse gpt-oss's harmony format: channel markers reach the client, and <|call|> does not end an answer",
    "Let the client strip them, or use exo 1.x.",
  );
}
