import type { ClassicEntry } from "./classic-entry.js";
import type { ClassicInstallation, ClassicModelFiles } from "./installation.js";

/** Stable names of the ten faults of the circulating gpt-oss recipe for exo 0.0.x, in the order in which one meets them. */
export const faultCodes = [
  "run_is_no_server",
  "name_rewritten",
  "repo_is_a_path",
  "model_class_missing",
  "mlx_too_old",
  "quantization_not_understood",
  "bfloat16_not_handled",
  "chat_template_missing",
  "harmony_not_parsed",
  "no_label",
] as const;

export type FaultCode = (typeof faultCodes)[number];

/** One thing an admin has to know before the entry is written. */
export interface Finding {
  readonly code: FaultCode;
  /** `blocks`: the model can't work, so nothing is written. `warns`: it works less well. `handled`: already taken care of. */
  readonly weight: "blocks" | "warns" | "handled";
  readonly message: string;
  readonly fix: string;
}

/** What the findings are made from. */
export interface RecipeFacts {
  readonly entry: ClassicEntry;
  /** The model as people call it. */
  readonly model: string;
  readonly installation: ClassicInstallation;
  readonly files: ClassicModelFiles;
  /** Whether the repository's name is also a folder where the command was started. */
  readonly repoFolder: "here" | "none";
}

export const finding = (
  code: FaultCode,
  weight: Finding["weight"],
  message: string,
  fix: string,
): readonly Finding[] => [{ code, weight, message, fix }];

export const modern = "Use exo 1.x, which runs gpt-oss as it is";
