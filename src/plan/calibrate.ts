import { evaluatePlacement, type PlacedStage } from "./evaluate-placement.js";
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

/** Measurements of one placement, predicted: seconds that scale with bytes, seconds that do not, and those already known. */
interface Point {
  readonly contextTokens: number;
  readonly byteSec: number;
  readonly fixedSec: number;
  readonly stepSec: number;
}

interface Fit {
  /** By how much longer reading takes than the prior says. */
  readonly byteFactor: number;
  /** The same of overheads and hops. */
  readonly fixedFactor: number;
}

/** A factor outside of this is no machine but a mistake in the measurement. */
const plausible = (factor: number): boolean => factor >= 0.1 && factor <= 10;

/**
 * Replaces priors by measured step times (placement reference 3.5). Step times at two or more lengths give both unknowns of
 * a placement: what reading bytes takes, and what does not scale with them (overhead per layer, hops). A single length gives
 * the bandwidth alone. Placements on one node are taken first; a node is fitted once. What can't be used is noted.
 */
export function calibrateProblem(problem: PlanProblem, measurements: readonly StepMeasurement[]): PlanProblem {
  const groups = new Map<string, StepMeasurement[]>();
  for (const measurement of measurements) {
    const key = JSON.stringify(measurement.placed);
    groups.set(key, [...(groups.get(key) ?? []), measurement]);
  }
  const ordered = [...groups.entries()].toSorted(
    ([leftKey, left], [rightKey, right]) =>
      (left[0]?.placed.length ?? 0) - (right[0]?.placed.length ?? 0) || (leftKey < rightKey ? -1 : 1),
  );
  return ordered.reduce((calibrated, [, group]) => applyGroup(calibrated, group), problem);
}

function applyGroup(problem: PlanProblem, group: readonly StepMeasurement[]): PlanProblem {
  const placed = group[0]?.placed ?? [];
  const names = placed.map((stage) => stage.node);
  const members = problem.nodes.filter((node) => names.includes(node.name));
  const open = members.filter((node) => node.speedFrom !== "measured");
  if (open.length === 0) return problem;
  const fit = fitFactors(group.map((measurement) => predictPoint(problem, measurement, open)));
  if (fit === undefined) return noted(problem, unusable(names));
  const ends = new Set(names);
  const hasRing = names.length > 1;
  return {
    ...problem,
    nodes: problem.nodes.map((node) => (open.includes(node) ? fitted(node, fit) : node)),
    links: problem.links.map((link) =>
      hasRing && ends.has(link.from) && ends.has(link.to) ? slowed(link, fit) : link,
    ),
  };
}

const fitted = (node: PlanNode, { byteFactor, fixedFactor }: Fit): PlanNode => ({
  ...node,
  effBytesPerSec: node.effBytesPerSec / byteFactor,
  overheadSecPerLayer: node.overheadSecPerLayer * fixedFactor,
  calibrated: true,
  speedFrom: "measured",
});

const slowed = (link: PlanLink, { fixedFactor }: Fit): PlanLink => ({ ...link, alphaSec: link.alphaSec * fixedFactor });

/** Splits a predicted step: the bytes of nodes still to be fitted, the rest of them with the hops, and what is known. */
function predictPoint(problem: PlanProblem, measured: StepMeasurement, open: readonly PlanNode[]): Point {
  const workload = { ...problem.workload, contextTokens: measured.contextTokens, batch: measured.batch };
  const stepOf = (nodes: readonly PlanNode[]) =>
    evaluatePlacement({ ...problem, workload, nodes }, measured.placed).latencySec;
  const isOpen = (node: PlanNode): boolean => open.some((other) => other.name === node.name);
  const all = stepOf(problem.nodes);
  const instant = stepOf(problem.nodes.map((node) => (isOpen(node) ? { ...node, effBytesPerSec: 1e30 } : node)));
  const known = evaluatePlacement({ ...problem, workload }, measured.placed);
  const layersOf = new Map(measured.placed.map(({ node, layers }) => [node, layers.end - layers.start]));
  const overhead = open.reduce((sum, node) => sum + (layersOf.get(node.name) ?? 0) * node.overheadSecPerLayer, 0);
  const fixedSec = overhead + known.hopsSec;
  return {
    contextTokens: measured.contextTokens,
    byteSec: all - instant,
    fixedSec,
    stepSec: measured.stepSec - (instant - fixedSec),
  };
}

/** Least squares of step = byteFactor * bytes + fixedFactor * fixed; with one length the second factor is 1. */
function fitFactors(points: readonly Point[]): Fit | undefined {
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [bytes, steps, fixed] = [mean((p) => p.byteSec), mean((p) => p.stepSec), mean((p) => p.fixedSec)];
  const spread = mean((p) => (p.byteSec - bytes) ** 2);
  const isOneLength = new Set(points.map((point) => point.byteSec)).size < 2 || spread <= (bytes * 1e-3) ** 2;
  const byteFactor = isOneLength
    ? (steps - fixed) / bytes
    : mean((p) => (p.byteSec - bytes) * (p.stepSec - steps)) / spread;
  const fixedFactor = isOneLength || fixed <= 0 ? 1 : (steps - byteFactor * bytes) / fixed;
  return plausible(byteFactor) && plausible(fixedFactor) ? { byteFactor, fixedFactor } : undefined;
}

const unusable = (names: readonly string[]): Reason => ({
  code: "measurement_unusable",
  message: `The step times measured on ${names.join(" and ")} fit no machine and were not used; priors were.`,
});

const noted = (problem: PlanProblem, note: Reason): PlanProblem => ({
  ...problem,
  notes: [...(problem.notes ?? []), note],
});
