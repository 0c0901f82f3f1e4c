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

export const findingWeights = ["blocks", "warns", "handled"] as const;

/** One thing an admin has to know before an entry is written into an exo 0.0.x. */
export interface Finding {
  readonly code: FaultCode;
  /** `blocks`: the model can't work, so nothing is written. `warns`: it works less well. `handled`: already taken care of. */
  readonly weight: (typeof findingWeights)[number];
  readonly message: string;
  readonly fix: string;
}
