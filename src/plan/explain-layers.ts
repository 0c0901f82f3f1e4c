import type { ChosenPlacement } from "./choose-placement.js";
import { objectiveSec } from "./choose-placement.js";
import { evaluatePlacement, type PlacedStage } from "./evaluate-placement.js";
import { formatGib, formatMs } from "./format-units.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Reason } from "./reason.js";

/** Stages that are looked at one by one. */
const explainedStages = 8;

/** The placement with one layer more on stage `rank`, taken from a neighbour that can spare one. */
function grownBy(placed: readonly PlacedStage[], rank: number, giver: number): readonly PlacedStage[] | undefined {
  const given = placed[giver]?.layers;
  if (given === undefined || given.end - given.start < 2) return undefined;
  const forward = giver > rank;
  return placed.map(({ node, layers }, at) => {
    if (at === rank) {
      return { node, layers: forward ? { ...layers, end: layers.end + 1 } : { ...layers, start: layers.start - 1 } };
    }
    if (at !== giver) return { node, layers };
    return { node, layers: forward ? { ...layers, start: layers.start + 1 } : { ...layers, end: layers.end - 1 } };
  });
}

/** What one more layer on each stage would cost, or by how much it would not fit. */
export function explainOneMoreLayer(problem: PlanProblem, { placed, evaluation }: ChosenPlacement): readonly Reason[] {
  if (placed.length < 2) return [];
  const before = objectiveSec(problem, evaluation);
  return placed.slice(0, explainedStages).flatMap(({ node }, rank) => {
    const options = [rank + 1, rank - 1]
      .flatMap((giver) => {
        const stages = grownBy(placed, rank, giver);
        return stages === undefined ? [] : [evaluatePlacement(problem, stages)];
      })
      .toSorted((left, right) => shortBytes(left, node) - shortBytes(right, node));
    const best = options[0];
    if (best === undefined) return [];
    const bytes = shortBytes(best, node);
    if (bytes > 0) {
      const message = `One more layer on ${node} would not fit: ${formatGib(bytes)} too little.`;
      return [{ code: "one_more_layer", node, bytes, message }];
    }
    const sec = Math.min(...options.filter((option) => option.fits).map((option) => objectiveSec(problem, option)));
    if (sec === Number.POSITIVE_INFINITY) return [];
    return [
      { code: "one_more_layer", node, message: `One more layer on ${node} would ${wordCost(problem, sec - before)}.` },
    ];
  });
}

/** Differences below what is printed are none. */
const leastSec = 0.005e-3;

function wordCost({ objective }: PlanProblem, sec: number): string {
  const what = objective === "bottleneck" ? "on the slowest stage" : "a step";
  if (Math.abs(sec) < leastSec) return objective === "bottleneck" ? "leave the slowest stage as it is" : "cost nothing";
  return `${sec > 0 ? "cost" : "save"} ${formatMs(Math.abs(sec))} ${what}`;
}

const shortBytes = ({ shortfalls }: ReturnType<typeof evaluatePlacement>, node: string): number =>
  shortfalls.find((why) => why.code === "memory" && why.node === node)?.bytes ?? 0;
