import type { VocabularyParts } from "../models/model-bytes.js";
import type { ModelSpec } from "../models/model-spec.js";
import type { OutputPolicy, PlanLink, PlanNode } from "./plan-problem.js";

/** Where a stage stands in the ring. `only` is a stage that runs the whole model. */
export type StagePosition = "only" | "first" | "middle" | "last";

/** The position of rank `rank` among `stages` of them. */
export function positionOf(rank: number, stages: number): StagePosition {
  if (stages === 1) return "only";
  if (rank === 0) return "first";
  return rank === stages - 1 ? "last" : "middle";
}

/**
 * Which vocabulary matrices a stage keeps. Today every rank of exo holds embedding and head (`replicated`); with exo's
 * pull request 2229 only the ends do (`tail`).
 */
export function vocabularyAt(policy: OutputPolicy, position: StagePosition): VocabularyParts {
  if (policy === "replicated" || position === "only") return "both";
  if (position === "first") return "embedding";
  return position === "last" ? "head" : "none";
}

/** Whether a stage computes the output head in every step. */
export const computesHead = (policy: OutputPolicy, position: StagePosition): boolean =>
  policy === "replicated" || position === "last" || position === "only";

/** Seconds of `layers` layers that read `bytes` together in one decode step: o per layer, and bytes / beta. */
export const layersSec = (
  node: Pick<PlanNode, "overheadSecPerLayer" | "effBytesPerSec">,
  layers: number,
  bytes: number,
): number => layers * node.overheadSecPerLayer + bytes / node.effBytesPerSec;

/** Seconds of the output head: its bytes / beta. */
export const headSec = (node: Pick<PlanNode, "effBytesPerSec">, model: ModelSpec): number =>
  model.headBytes / node.effBytesPerSec;

/** Bytes that a hop between neighbours carries in one step: the hidden state of each sequence. */
export const hopBytes = (model: ModelSpec, batch: number): number => batch * model.hiddenBytes;

/** Bytes from the last rank back to the first: the hidden state today, one 32-bit token under `tail`. */
export const returnBytes = (model: ModelSpec, batch: number, policy: OutputPolicy): number =>
  policy === "replicated" ? hopBytes(model, batch) : 4 * batch;

/** Seconds that the payload itself takes. What a link can sustain when many batches are in flight. */
export const transferSec = (link: Pick<PlanLink, "bytesPerSec">, bytes: number): number => bytes / link.bytesPerSec;

/** Seconds of one hop: latency and payload. */
export const hopSec = (link: Pick<PlanLink, "alphaSec" | "bytesPerSec">, bytes: number): number =>
  link.alphaSec + transferSec(link, bytes);
