import type { ChosenCopy } from "./choose-copy.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Prediction } from "./plan-result.js";
import { uncalibratedNodes } from "./predict-plan.js";
import type { Reason } from "./reason.js";

/** How sure the figures are, and where they come from: measured step times, published figures, or guesses. */
export function explainError(
  problem: PlanProblem,
  copies: readonly ChosenCopy[],
  predicted: Prediction,
): readonly Reason[] {
  const placed = copies.flatMap((copy) => copy.placed);
  const guessed = uncalibratedNodes(problem, placed).map((node) => node.name);
  const band = `${Math.round(predicted.errorBand * 100)} %`;
  const measured = problem.nodes.filter(
    (node) => node.speedFrom === "measured" && placed.some((stage) => stage.node === node.name),
  );
  return [
    ...(measured.length === 0 ? [] : [explainMeasured(measured)]),
    guessed.length > 0
      ? {
          code: "uncalibrated",
          message: `Predictions are good to about ${band}: nothing was measured on chips like that of ${guessed.join(" and ")}.`,
        }
      : { code: "calibrated", message: `Predictions are good to about ${band}.` },
  ];
}

function explainMeasured(nodes: PlanProblem["nodes"]): Reason {
  const figures = nodes.map(
    ({ name, effBytesPerSec, overheadSecPerLayer }) =>
      `${name} ${(effBytesPerSec / 1e9).toFixed(0)} GB/s and ${(overheadSecPerLayer * 1e6).toFixed(0)} µs a layer`,
  );
  return { code: "measured", message: `Measured step times were used in place of priors: ${figures.join("; ")}.` };
}
