import type { ModelSpec } from "./model-spec.js";

/** Which of the matrices outside the layers a node keeps. The final norm goes with the head. */
export type VocabularyParts = "both" | "embedding" | "head" | "none";

/** Bytes of embedding, output head and final norm on a node that keeps `parts` of them. */
export function fixedBytes(model: ModelSpec, parts: VocabularyParts): number {
  switch (parts) {
    case "both":
      return model.embedBytes + model.headBytes + model.normBytes;
    case "embedding":
      return model.embedBytes;
    case "head":
      return model.headBytes + model.normBytes;
    case "none":
      return 0;
    default:
      return parts satisfies never;
  }
}

/** The whole model as stored: every layer, embedding, head and final norm. 63 254 703 744 for gpt-oss-120b MXFP4-Q8. */
export const totalWeightBytes = (model: ModelSpec): number =>
  model.layers * model.weightBytesPerLayer + fixedBytes(model, "both");

/**
 * Distinct experts of a layer that `batch` independent tokens touch, on average: experts x (1 - (1 - k/experts)^batch).
 * 4, 7.88, 15.3, 28.7 for gpt-oss-120b at batch 1, 2, 4, 8.
 */
export function distinctExperts(model: ModelSpec, batch: number): number {
  if (model.experts === 0) return 0;
  return model.experts * (1 - (1 - model.expertsPerToken / model.experts) ** batch);
}

/** Weights of one layer that one decode step of `batch` sequences reads, in bytes. */
export const readWeightBytes = (model: ModelSpec, batch: number): number =>
  model.denseBytesPerLayer + distinctExperts(model, batch) * model.expertBytes;
