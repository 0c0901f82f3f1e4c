import { expect } from "vitest";
import { evaluatePlacement, type PlacedStage } from "../../src/plan/evaluate-placement.js";
import { planCluster } from "../../src/plan/plan-cluster.js";
import type { PlanLink, PlanProblem } from "../../src/plan/plan-problem.js";
import { addsCopies, usedNodes } from "./plan-outcome.js";

const twin = "twin of n0";

/** The problem with a second node that is like n0 in itself and in every link; neither is pinned. */
function withTwin(problem: PlanProblem, random: () => number): PlanProblem {
  const own = problem.nodes.filter((node) => node.name === "n0").map((node) => ({ ...node, name: twin }));
  const copied = problem.links.flatMap((link): readonly PlanLink[] => {
    if (link.from === "n0") return [{ ...link, from: twin }];
    return link.to === "n0" ? [{ ...link, to: twin }] : [];
  });
  const between = { alphaSec: 0.0005 + random() * 0.002, bytesPerSec: 5e9 };
  const links = [
    { from: "n0", to: twin, ...between },
    { from: twin, to: "n0", ...between },
  ];
  return {
    ...problem,
    nodes: [...problem.nodes, ...own],
    links: [...problem.links, ...copied, ...links],
    pins: problem.pins.filter((pin) => pin.node !== "n0"),
    maxNodes: problem.maxNodes + 1,
  };
}

const swapped = (placed: readonly PlacedStage[]): readonly PlacedStage[] =>
  placed.map(({ node, layers }) => ({ node: node === twin ? "n0" : node === "n0" ? twin : node, layers }));

/** Two nodes that are alike can change places in any plan, and of the two the planner takes the one with the lesser name. */
export function checkEqualNodes(drawn: PlanProblem, random: () => number): string {
  checkEqualSplits(drawn, random);
  const problem = withTwin(drawn, random);
  const result = planCluster(problem);
  if (result.kind === "infeasible") return "infeasible";
  for (const { sharding, stages } of result.replicas) {
    if (sharding === "tensor") continue;
    const placed = stages.map(({ node, startLayer, endLayer }) => ({
      node,
      layers: { start: startLayer, end: endLayer },
    }));
    const as = evaluatePlacement(problem, placed);
    const other = evaluatePlacement(problem, swapped(placed));
    expect(other.fits).toBe(true);
    expect(Math.abs(other.latencySec / as.latencySec - 1)).toBeLessThan(1e-12);
    expect(Math.abs(other.periodSec / as.periodSec - 1)).toBeLessThan(1e-12);
  }
  const used = usedNodes(result);
  const [first, second] = [used.indexOf("n0"), used.indexOf(twin)];
  if (second < 0) return first < 0 ? "neither is used" : "one is used";
  // Which copy gets which of the two is open; within one pipeline or pair the lesser name comes first.
  if (!addsCopies(problem)) {
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThan(second);
  }
  return "both are used";
}

/** Any two splits of the same layers over equal nodes take the same time: a balanced one has no merit of its own. */
function checkEqualSplits(drawn: PlanProblem, random: () => number): void {
  const [model] = drawn.nodes;
  if (model === undefined) return;
  const names = ["a", "b", "c", "d"].slice(0, 2 + Math.floor(random() * 3));
  const problem: PlanProblem = {
    ...drawn,
    nodes: names.map((name) => ({ ...model, name })),
    links: [],
    defaultLink: { alphaSec: 0.0015, bytesPerSec: 2.5e9 },
  };
  const [one, other] = [0, 1].map(() => {
    const cuts = new Set<number>();
    while (cuts.size < names.length - 1) cuts.add(1 + Math.floor(random() * (problem.model.layers - 1)));
    const ends = [...[...cuts].toSorted((left, right) => left - right), problem.model.layers];
    const placed = names.map((node, rank) => ({
      node,
      layers: { start: ends[rank - 1] ?? 0, end: ends[rank] ?? 0 },
    }));
    return evaluatePlacement(problem, placed).latencySec;
  });
  expect(Math.abs((one ?? 0) / (other ?? 1) - 1)).toBeLessThan(1e-12);
}
