import { objectiveSec } from "./choose-placement.js";
import { compareText } from "./cost-tables.js";
import { evaluatePlacement, type PlacedStage } from "./evaluate-placement.js";
import { formatGib, formatMs } from "./format-units.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Replan } from "./plan-result.js";
import type { Reason } from "./reason.js";

/** Move a running placement only for more than this: loading layers again costs more than a small gain brings. */
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

/** Whether a placement is on as many nodes as wanted, with each pinned range where it has to be. */
export const meetsWishes = (problem: PlanProblem, running: readonly PlacedStage[]): boolean =>
  running.length >= problem.minNodes &&
  running.length <= problem.maxNodes &&
  problem.pins.every(({ node, layers }) =>
    running.some(
      (stage) => stage.node === node && stage.layers.start === layers.start && stage.layers.end === layers.end,
    ),
  );

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
  const bytesToLoad = count * problem.model.weightBytesPerLayer;
  const mustMove = !now.fits || !meetsWishes(problem, running);
  const isWorth = runningSec > plannedSec * (1 + minimumGain);
  const verdict = mustMove ? "must-move" : isWorth ? "move" : "keep";
  return {
    verdict,
    gain: runningSec < Number.POSITIVE_INFINITY ? 1 - plannedSec / runningSec : 1,
    runningSec: runningSec < Number.POSITIVE_INFINITY ? runningSec : null,
    plannedSec,
    moves,
    bytesToLoad,
    reasons: [...now.shortfalls, explainVerdict(verdict, runningSec, plannedSec, count, bytesToLoad, minimumGain)],
  };
}

function explainVerdict(
  verdict: Replan["verdict"],
  runningSec: number,
  plannedSec: number,
  count: number,
  bytes: number,
  minimumGain: number,
): Reason {
  const load = `${count} layers (${formatGib(bytes)}) would have to be loaded`;
  const times = `${formatMs(runningSec)} now, ${formatMs(plannedSec)} after a move`;
  switch (verdict) {
    case "keep":
      return {
        code: "keep_running",
        bytes,
        message: `What runs stays: ${times}; a move has to bring more than ${Math.round(minimumGain * 100)} %, and ${load}.`,
      };
    case "move":
      return { code: "worth_moving", bytes, message: `Moving pays: ${times}; ${load}.` };
    case "must-move":
      return { code: "must_move", bytes, message: `What runs can't stay as it is; ${load}.` };
    default:
      return verdict satisfies never;
  }
}
