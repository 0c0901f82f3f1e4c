import { evaluatePlacement, type PlacedStage } from "./evaluate-placement.js";
import { type FitPoint, type FittedFactors, fitFactors } from "./fit-factors.js";
import { formatMs } from "./format-units.js";
import type { PlanLink, PlanNode, PlanProblem } from "./plan-problem.js";
import type { Reason } from "./reason.js";

/** One measured decode step of a pipeline, such as `bench` reports it. */
export interface StepMeasurement {
  /** By rank; covers all layers. */
  readonly placed: readonly PlacedStage[];
  readonly contextTokens: number;
  readonly batch: number;
  readonly stepSec: number;
}

/** What measurements of one placement can tell: nodes and hops that no measurement has told of before. */
interface Unknowns {
  readonly nodes: readonly PlanNode[];
  readonly hops: readonly PlanLink[];
}

/**
 * Replaces priors by measured step times (placement reference 3.5). Step times at two or more lengths give both unknowns of
 * a placement: what reading bytes takes, and what does not scale with them (overhead per layer, latency of hops). A single
 * length gives the bandwidth alone; a ring of nodes that were measured before gives the latency of its hops. Placements on
 * one node are taken first; a node and a hop are fitted once. What can't be used is noted.
 */
export function calibrateProblem(problem: PlanProblem, measurements: readonly StepMeasurement[]): PlanProblem {
  const groups = new Map<string, StepMeasurement[]>();
  for (const measurement of measurements) {
    const key = JSON.stringify(measurement.placed);
    groups.set(key, [...(groups.get(key) ?? []), measurement]);
  }
  const ordered = [...groups].toSorted(
    ([leftKey, left], [rightKey, right]) =>
      (left[0]?.placed.length ?? 0) - (right[0]?.placed.length ?? 0) || (leftKey < rightKey ? -1 : 1),
  );
  return ordered.reduce((calibrated, [, group]) => applyGroup(calibrated, group), problem);
}

function applyGroup(problem: PlanProblem, group: readonly StepMeasurement[]): PlanProblem {
  const placed = group[0]?.placed ?? [];
  const unknowns = findUnknowns(problem, placed);
  if (unknowns.nodes.length + unknowns.hops.length === 0) return noted(problem, unneeded(placed));
  const fit = fitFactors(group.map((measurement) => predictPoint(problem, measurement, unknowns)));
  if (fit === undefined) return noted(problem, unusable(group));
  const slowed = withWaysBack(problem, unknowns.hops).map((hop) => ({
    ...hop,
    alphaSec: hop.alphaSec * fit.fixedFactor,
    measured: true,
  }));
  return {
    ...problem,
    nodes: problem.nodes.map((node) => (unknowns.nodes.includes(node) ? fitted(node, fit) : node)),
    links: [...problem.links.filter((link) => !slowed.some((hop) => joinsSame(hop, link))), ...slowed],
  };
}

const joinsSame = (one: PlanLink, other: PlanLink): boolean => one.from === other.from && one.to === other.to;

/** Hops in ring order: those that no measurement has told of, each as listed or as the default link makes it. */
function findUnknowns(problem: PlanProblem, placed: readonly PlacedStage[]): Unknowns {
  const names = placed.map((stage) => stage.node);
  const rounds = names.length > 1 ? names.length : 0;
  const hops = names.slice(0, rounds).flatMap((from, rank): readonly PlanLink[] => {
    const to = names[(rank + 1) % rounds] ?? from;
    const hop = unmeasuredHop(problem, from, to);
    return hop === undefined ? [] : [hop];
  });
  const nodes = names.flatMap((name) =>
    problem.nodes.filter((node) => node.name === name && node.speedFrom !== "measured"),
  );
  return { nodes, hops };
}

/** A hop as listed or as the default link makes it; undefined where there is none or it was measured. */
function unmeasuredHop(problem: PlanProblem, from: string, to: string): PlanLink | undefined {
  const listed = problem.links.find((link) => link.from === from && link.to === to);
  const hop = listed ?? (problem.defaultLink && { from, to, ...problem.defaultLink });
  return hop?.measured === true ? undefined : hop;
}

/** Both directions use one cable: without its ways back a measured ring would seem dearer than the same one reversed. */
function withWaysBack(problem: PlanProblem, hops: readonly PlanLink[]): readonly PlanLink[] {
  const back = hops.flatMap(({ from, to }) => unmeasuredHop(problem, to, from) ?? []);
  return [...hops, ...back.filter((link) => !hops.some((hop) => joinsSame(hop, link)))];
}

const fitted = (node: PlanNode, { byteFactor, fixedFactor }: FittedFactors): PlanNode => ({
  ...node,
  effBytesPerSec: node.effBytesPerSec / byteFactor,
  overheadSecPerLayer: node.overheadSecPerLayer * fixedFactor,
  calibrated: true,
  speedFrom: "measured",
});

/** Splits a predicted step into what scales with bytes, what does not, and what is known already. */
function predictPoint(problem: PlanProblem, measured: StepMeasurement, { nodes, hops }: Unknowns): FitPoint {
  const workload = { ...problem.workload, contextTokens: measured.contextTokens, batch: measured.batch };
  const stepOf = (all: readonly PlanNode[]) =>
    evaluatePlacement({ ...problem, workload, nodes: all }, measured.placed).latencySec;
  const instantly = problem.nodes.map((node) => (nodes.includes(node) ? { ...node, effBytesPerSec: 1e30 } : node));
  const instant = stepOf(instantly);
  const layersOf = new Map(measured.placed.map(({ node, layers }) => [node, layers.end - layers.start]));
  const overhead = nodes.reduce((sum, node) => sum + (layersOf.get(node.name) ?? 0) * node.overheadSecPerLayer, 0);
  const fixedSec = hops.reduce((sum, hop) => sum + hop.alphaSec, overhead);
  return {
    byteSec: nodes.length === 0 ? 0 : stepOf(problem.nodes) - instant,
    fixedSec,
    stepSec: measured.stepSec - (instant - fixedSec),
  };
}

const namesOf = (placed: readonly PlacedStage[]): string => placed.map((stage) => stage.node).join(" and ");

function unusable(group: readonly StepMeasurement[]): Reason {
  const steps = group
    .toSorted((left, right) => left.contextTokens - right.contextTokens || left.stepSec - right.stepSec)
    .map(({ stepSec, contextTokens }) => `${formatMs(stepSec)} at ${contextTokens} tokens`);
  return {
    code: "measurement_unusable",
    message: `The step times measured on ${namesOf(group[0]?.placed ?? [])} (${steps.join(", ")}) fit no machine and were not used: it would be more than ten times faster or slower than expected, or need no time at all for a part of the work. The usual figures were used.`,
  };
}

const unneeded = (placed: readonly PlacedStage[]): Reason => ({
  code: "measurement_unneeded",
  message: `The step times measured on ${namesOf(placed)} were not used: other measurements tell of these nodes already.`,
});

const noted = (problem: PlanProblem, note: Reason): PlanProblem => ({
  ...problem,
  notes: [...(problem.notes ?? []), note],
});
