import { isFullAttention } from "../models/kv-cache.js";
import type { ChosenCopy } from "./choose-copy.js";
import type { PlacedStage } from "./evaluate-placement.js";
import { formatGib } from "./format-units.js";
import type { PlanProblem } from "./plan-problem.js";
import { prefillChunkTokens } from "./prefill.js";
import type { Reason } from "./reason.js";

/** A stage with what taking in a prompt needs for a moment, and what is kept free for that. */
interface Workspace {
  readonly node: string;
  readonly bytes: number;
  readonly reserveBytes: number;
}

/**
 * What the sliding-window layers of a stage hold beyond their window while a chunk of a prompt is taken in: they grow to
 * window - 1 + chunk tokens and are cut back afterwards (placement reference 1.4).
 */
export function prefillWorkspaceBytes(problem: PlanProblem, { layers }: PlacedStage, stages: number): number {
  const { model, workload } = problem;
  const chunk = prefillChunkTokens(workload.contextTokens, stages);
  let sliding = 0;
  for (let layer = layers.start; layer < layers.end; layer += 1) sliding += isFullAttention(model, layer) ? 0 : 1;
  return sliding * Math.max(0, chunk - 1) * model.kvBytesPerTokenPerLayer;
}

function workspaces(problem: PlanProblem, { sharding, placed, evaluation }: ChosenCopy): readonly Workspace[] {
  // Members of a tensor pair take in whole chunks, each with its share of the heads.
  const [stages, share] = sharding === "tensor" ? [1, placed.length] : [placed.length, 1];
  return placed.map((stage, rank) => ({
    node: stage.node,
    bytes: prefillWorkspaceBytes(problem, stage, stages) / share,
    reserveBytes: evaluation.stages[rank]?.reserveBytes ?? 0,
  }));
}

/** Says whether the reserve covers what prompts need for a moment, or on which nodes it does not. */
export function explainPrefillWorkspace(problem: PlanProblem, copies: readonly ChosenCopy[]): readonly Reason[] {
  const all = copies.flatMap((copy) => workspaces(problem, copy)).filter(({ bytes }) => bytes > 0);
  const short = all.filter(({ bytes, reserveBytes }) => bytes > reserveBytes);
  if (short.length > 0) {
    return short.map(({ node, bytes, reserveBytes }) => ({
      code: "prefill_workspace_short",
      node,
      bytes: Math.ceil(bytes - reserveBytes),
      message: `While a prompt is taken in, ${node} needs another ${formatGib(bytes)} for its sliding-window layers, and its reserve is ${formatGib(reserveBytes)}.`,
      fix: `Give ${node} a larger reserveBytes.`,
    }));
  }
  const largest = all.toSorted((left, right) => right.bytes - left.bytes)[0];
  if (largest === undefined) return [];
  const message = `The reserve covers what taking in a prompt needs for a moment: up to ${formatGib(largest.bytes)} on ${largest.node} for sliding-window layers.`;
  return [{ code: "prefill_workspace", node: largest.node, bytes: Math.ceil(largest.bytes), message }];
}
