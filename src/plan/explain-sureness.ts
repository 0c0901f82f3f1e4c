import type { ChosenCopy } from "./choose-copy.js";
import { compareText } from "./cost-tables.js";
import { listNames } from "./format-units.js";
import type { PlanLink, PlanNode, PlanProblem, SpeedSource } from "./plan-problem.js";
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
  const used = new Set(placed.map((stage) => stage.node));
  const nodes = problem.nodes
    .filter((node) => used.has(node.name))
    .toSorted((left, right) => compareText(left.name, right.name));
  const hops = problem.links.filter((link) => link.measured === true && used.has(link.from) && used.has(link.to));
  return [...explainMeasured(nodes, hops), explainBand(problem, copies, nodes, predicted)];
}

function explainBand(
  problem: PlanProblem,
  copies: readonly ChosenCopy[],
  nodes: readonly PlanNode[],
  predicted: Prediction,
): Reason {
  const band = `Predictions are good to about ${Math.round(predicted.errorBand * 100)} %`;
  const guessed = uncalibratedNodes(
    problem,
    copies.flatMap((copy) => copy.placed),
  ).map((node) => node.name);
  if (guessed.length > 0) {
    const message = `${band}: speed or overhead of ${listNames(guessed)} is a guess, because nothing was measured there or on that chip. ${sources(nodes)}`;
    return { code: "uncalibrated", message };
  }
  if (copies.some((copy) => copy.sharding === "tensor")) {
    const message = `${band}: tensor pairs were measured on very few machines. ${sources(nodes)}`;
    return { code: "tensor_uncalibrated", message };
  }
  return { code: "calibrated", message: `${band}. ${sources(nodes)}` };
}

const sourceWords: Readonly<Record<SpeedSource, string>> = {
  measured: "measured step times",
  stated: "the figures given",
  chip: "published figures of the chip",
  guessed: "a guess from its chip",
};

/** `Speeds are from published figures of the chip (a, b) and the figures given (c).` */
function sources(nodes: readonly PlanNode[]): string {
  const parts = (["measured", "stated", "chip", "guessed"] as const).flatMap((source) => {
    const names = nodes.filter((node) => (node.speedFrom ?? "stated") === source).map((node) => node.name);
    return names.length === 0 ? [] : [`${sourceWords[source]} (${listNames(names)})`];
  });
  return `Speeds are from ${parts.join(" and ")}.`;
}

function explainMeasured(nodes: readonly PlanNode[], hops: readonly PlanLink[]): readonly Reason[] {
  const speeds = nodes
    .filter((node) => node.speedFrom === "measured")
    .map(
      ({ name, effBytesPerSec, overheadSecPerLayer }) =>
        `${name} ${(effBytesPerSec / 1e9).toFixed(0)} GB/s and ${(overheadSecPerLayer * 1e6).toFixed(0)} µs a layer`,
    );
  const ways = hops
    .toSorted((left, right) => compareText(left.from, right.from) || compareText(left.to, right.to))
    .map(({ from, to, alphaSec }) => `${from} to ${to} ${(alphaSec * 1000).toFixed(2)} ms`);
  const figures = [...speeds, ...ways];
  if (figures.length === 0) return [];
  return [{ code: "measured", message: `Measured step times were used in place of priors: ${figures.join("; ")}.` }];
}
