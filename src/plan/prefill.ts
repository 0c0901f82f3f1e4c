import { guessedPrefillFlopsPerSec } from "../cluster/chips.js";
import type { LayerRange } from "../cluster/layer-range.js";
import { layerCount } from "../cluster/layer-range.js";
import { isFullAttention } from "../models/kv-cache.js";
import type { ModelSpec } from "../models/model-spec.js";
import type { PlacedStage } from "./evaluate-placement.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";

/** exo sends prompts of this many tokens or more through the ring in overlapping chunks (generate.py). */
const chunkedFromTokens = 4096;
/** The densest storage that we know; assumed where a spec does not say how many parameters a token meets. */
const denseBitsPerWeight = 4.25;

/** FLOP per token of one layer's matrices: two per parameter. A spec without parameter counts is taken at its densest. */
function matrixFlops(model: ModelSpec): number {
  const activeBytes = model.denseBytesPerLayer + model.expertsPerToken * model.expertBytes;
  return 2 * (model.activeParametersPerLayer ?? (activeBytes * 8) / denseBitsPerWeight);
}

/**
 * FLOP of a prompt chunk in some layers (placement reference 3.3). Attention costs 4 x width per token of context.
 *
 * @param meanContextTokens context that a token of the chunk sees on average
 */
export function prefillFlops(model: ModelSpec, layers: LayerRange, tokens: number, meanContextTokens: number): number {
  const width = model.attentionWidth ?? model.hiddenBytes / 2;
  let seenTokens = 0;
  for (let layer = layers.start; layer < layers.end; layer += 1) {
    const all = isFullAttention(model, layer);
    seenTokens += all ? meanContextTokens : Math.min(meanContextTokens, model.slidingWindow);
  }
  return tokens * (matrixFlops(model) * layerCount(layers) + 4 * width * seenTokens);
}

/** Seconds of one chunk on one node: arithmetic, or reading the block once where that takes longer. */
export function prefillSec(
  node: PlanNode,
  model: ModelSpec,
  layers: LayerRange,
  tokens: number,
  meanContextTokens: number,
): number {
  const flopsPerSec = node.prefillFlopsPerSec ?? guessedPrefillFlopsPerSec(node.effBytesPerSec);
  const readSec = (layerCount(layers) * model.weightBytesPerLayer) / node.effBytesPerSec;
  return Math.max(prefillFlops(model, layers, tokens, meanContextTokens) / flopsPerSec, readSec);
}

/** Tokens of a prompt that `stages` stages of a ring take in at once: whole short prompts, chunks of long ones. */
export function prefillChunkTokens(promptTokens: number, stages: number): number {
  return promptTokens >= chunkedFromTokens ? Math.floor(chunkedFromTokens / Math.min(4, stages)) : promptTokens;
}

/**
 * Tokens per second at which a fresh prompt is taken in: one of the workload's context, at most 4096 tokens, where exo
 * begins to overlap the stages.
 *
 * @param hopsSec sum of the hops that a prompt takes when stages run one after the other
 */
export function prefillTokensPerSec(problem: PlanProblem, placed: readonly PlacedStage[], hopsSec: number): number {
  const tokens = Math.min(problem.workload.contextTokens, chunkedFromTokens);
  const overlaps = tokens >= chunkedFromTokens;
  const chunk = prefillChunkTokens(tokens, placed.length);
  const stageSec = placed.map((stage) => {
    const node = problem.nodes.find((candidate) => candidate.name === stage.node);
    return node ? prefillSec(node, problem.model, stage.layers, chunk, tokens / 2) : Number.POSITIVE_INFINITY;
  });
  const rounds = Math.ceil((tokens - 1) / chunk) + placed.length - 1;
  const sec = overlaps ? rounds * Math.max(...stageSec) : stageSec.reduce((sum, value) => sum + value, hopsSec);
  return tokens / sec;
}

/** The same for a tensor group: each member does its share of the arithmetic and reads its share of the weights. */
export function tensorPrefillTokensPerSec(problem: PlanProblem, placed: readonly PlacedStage[]): number {
  const tokens = Math.min(problem.workload.contextTokens, chunkedFromTokens);
  const layers = { start: 0, end: problem.model.layers };
  const memberSec = placed.map((stage) => {
    const node = problem.nodes.find((candidate) => candidate.name === stage.node);
    return node
      ? prefillSec(node, problem.model, layers, tokens, tokens / 2) / placed.length
      : Number.POSITIVE_INFINITY;
  });
  return tokens / Math.max(...memberSec);
}
