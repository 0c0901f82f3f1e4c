import { fixedBytes } from "../models/model-bytes.js";
import { objectiveSec } from "./choose-placement.js";
import { positionOf, vocabularyAt } from "./cost-model.js";
import { compareText } from "./cost-tables.js";
import { evaluatePlacement, type PlacedStage } from "./evaluate-placement.js";
import { formatGib, formatLayers, formatMs } from "./format-units.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Replan } from "./plan-result.js";
import type { Reason } from "./reason.js";

/**
 * Move a running placement only where a step gets shorter by more than this fraction: loading layers again costs more than
 * a small gain brings.
 */
export const usualMinimumGain = 0.1;

/** Layers that each node must load: those of the planned placement that it does not hold. */
function layersToLoad(running: readonly PlacedStage[], planned: readonly PlacedStage[]): Replan["moves"] {
  return planned
    .map(({ node, layers }) => {
      const held = running.filter((stage) => stage.node === node).map((stage) => stage.layers);
      const missing = Array.from({ length: layers.end - layers.start }, (_, index) => layers.start + index).filter(
        (layer) => !held.some((range) => range.start <= layer && layer < range.end),
      );
      return { node, layers: missing };
    })
    .filter((move) => move.layers.length > 0)
    .toSorted((left, right) => compareText(left.node, right.node));
}

/** Bytes of embedding, head and final norm that nodes need in the planned placement and do not hold now. */
function vocabularyToLoad(
  problem: PlanProblem,
  running: readonly PlacedStage[],
  planned: readonly PlacedStage[],
): number {
  const { model, outputPolicy } = problem;
  const missing = planned.map(({ node }, rank) => {
    const before = running.findIndex((stage) => stage.node === node);
    const held = before < 0 ? "none" : vocabularyAt(outputPolicy, positionOf(before, running.length));
    const needed = vocabularyAt(outputPolicy, positionOf(rank, planned.length));
    if (held === needed || held === "both") return 0;
    const both = needed === "both" && held !== "none";
    return fixedBytes(model, needed) - (both ? fixedBytes(model, held) : 0);
  });
  return missing.reduce((sum, bytes) => sum + bytes, 0);
}

/** What the request asks for and the running placement is not. */
function brokenWishes({ minNodes, maxNodes, pins }: PlanProblem, running: readonly PlacedStage[]): readonly Reason[] {
  const count = `${running.length} node${running.length === 1 ? "" : "s"}`;
  const wish = running.length < minNodes ? `at least ${minNodes}` : `at most ${maxNodes}`;
  const hasSize = running.length >= minNodes && running.length <= maxNodes;
  const broken = pins.filter(
    ({ node, layers }) =>
      !running.some(
        (stage) => stage.node === node && stage.layers.start === layers.start && stage.layers.end === layers.end,
      ),
  );
  return [
    ...(hasSize ? [] : [{ code: "running_size", message: `What runs has ${count}; ${wish} are asked for.` }]),
    ...broken.map(({ node, layers }) => ({
      code: "running_pin",
      node,
      message: `What runs has not exactly ${formatLayers(layers.start, layers.end)} on ${node}, where they are pinned.`,
    })),
  ];
}

/** Whether a placement is on as many nodes as wanted, with each pinned range where it has to be. */
export const meetsWishes = (problem: PlanProblem, running: readonly PlacedStage[]): boolean =>
  brokenWishes(problem, running).length === 0;

/**
 * Whether to move from what runs to the planned pipeline. What no longer fits, lost a node or breaks a wish must move;
 * anything else only for a gain of more than `minimumGain` of the planned time, so that small changes of the cluster do
 * not move layers back and forth.
 */
export function judgeMove(
  problem: PlanProblem,
  running: readonly PlacedStage[],
  planned: readonly PlacedStage[],
  minimumGain = usualMinimumGain,
): Replan {
  const now = evaluatePlacement(problem, running);
  const plannedSec = objectiveSec(problem, evaluatePlacement(problem, planned));
  const runningSec = objectiveSec(problem, now);
  const moves = layersToLoad(running, planned);
  const count = moves.reduce((sum, move) => sum + move.layers.length, 0);
  const bytesToLoad = count * problem.model.weightBytesPerLayer + vocabularyToLoad(problem, running, planned);
  const gain = runningSec < Number.POSITIVE_INFINITY ? 1 - plannedSec / runningSec : 1;
  const against = [...now.shortfalls, ...brokenWishes(problem, running)];
  const verdict = against.length > 0 ? "must-move" : gain > minimumGain ? "move" : "keep";
  return {
    verdict,
    gain,
    runningSec: runningSec < Number.POSITIVE_INFINITY ? runningSec : null,
    plannedSec,
    moves,
    bytesToLoad,
    reasons: [...against, explainVerdict(verdict, runningSec, plannedSec, count, bytesToLoad, minimumGain)],
  };
}

/** Where nothing can be planned: whether what runs can go on. */
export function judgeStay(problem: PlanProblem, running: readonly PlacedStage[]): readonly Reason[] {
  const now = evaluatePlacement(problem, running);
  if (!now.fits) return now.shortfalls.map((why) => ({ ...why, code: `running_${why.code}` }));
  const message = `What runs still fits and can go on: ${formatMs(objectiveSec(problem, now))}.`;
  return [{ code: "running_fits", message }];
}

function explainVerdict(
  verdict: Replan["verdict"],
  runningSec: number,
  plannedSec: number,
  count: number,
  bytes: number,
  minimumGain: number,
): Reason {
  const layers = `${count} layer${count === 1 ? "" : "s"}`;
  const load =
    bytes === 0
      ? "nothing would have to be loaded"
      : `${layers} (${formatGib(bytes)} with embedding and head where they are new) would have to be loaded`;
  const times = `${formatMs(runningSec)} now, ${formatMs(plannedSec)} after a move`;
  if (verdict === "keep" && bytes === 0 && runningSec === plannedSec) {
    return { code: "keep_running", bytes, message: `What runs is the plan: ${formatMs(runningSec)}.` };
  }
  switch (verdict) {
    case "keep":
      return {
        code: "keep_running",
        bytes,
        message: `What runs stays: ${times}; a move has to save more than ${Math.round(minimumGain * 100)} % of that, and ${load}.`,
      };
    case "move":
      return { code: "worth_moving", bytes, message: `Moving pays: ${times}; ${load}.` };
    case "must-move":
      return { code: "must_move", bytes, message: `What runs can't stay as it is; ${load}.` };
    default:
      return verdict satisfies never;
  }
}
