import { classicPartitions, classicShards } from "../cluster/classic-ring.js";
import { choosePlacement, objectiveSec } from "./choose-placement.js";
import { classicMemoryFor } from "./classic-memory.js";
import { emptyStage, infeasibleRing } from "./classic-plan-shortfalls.js";
import { searchClassicRing } from "./classic-search.js";
import { evaluatePlacement, type PlacedStage } from "./evaluate-placement.js";
import { linkPrior } from "./link-priors.js";
import { planCluster } from "./plan-cluster.js";
import type { PlanProblem } from "./plan-problem.js";
import type { PlanResult } from "./plan-result.js";
import type { Reason } from "./reason.js";
import { usualWork } from "./work-budget.js";

/** How the layers of a ring of exo 0.0.x come about: by what the machines measure, or by values that they are made to report. */
export type ClassicMode = "measured" | "forced";

export interface ClassicPlan {
  readonly result: PlanResult;
  /** The problem as it was solved: exo's rules are pins and node counts in it. */
  readonly problem: PlanProblem;
  /** In ring order; empty when nothing fits. */
  readonly placed: readonly PlacedStage[];
  /** What each node has to report, in MB. Only where layers are forced. */
  readonly forcedMb?: ReadonlyMap<string, number>;
}

/**
 * Plans a model on a ring of exo 0.0.x, in which every usable node takes part. Measured memory leaves no choice: exo's formula
 * yields the layers, and all that can be said is whether they fit. With forced values the best ring within their limits is taken.
 *
 * @param memoryMb what exo measures on each node, in MB
 */
export function planClassic(asked: PlanProblem, mode: ClassicMode, memoryMb: ReadonlyMap<string, number>): ClassicPlan {
  const nodes = asked.nodes.filter(({ cordoned }) => !cordoned);
  const problem: PlanProblem = {
    ...asked,
    nodes,
    sharding: "pipeline",
    replicas: 1,
    minNodes: nodes.length,
    maxNodes: nodes.length,
    pins: [],
    ...(asked.links.length > 0 ? {} : { defaultLink: linkPrior("ethernet-10g") }),
  };
  if (nodes.length === 0) return { problem, result: planCluster({ ...problem, minNodes: 1 }), placed: [] };
  return mode === "forced" ? planForced(problem) : planMeasured(problem, memoryMb);
}

function planMeasured(problem: PlanProblem, memoryMb: ReadonlyMap<string, number>): ClassicPlan {
  const ring = problem.nodes.map(({ name }) => ({ id: name, memory: memoryMb.get(name) ?? 0 }));
  const unmeasured = ring.find(({ memory }) => memory <= 0);
  if (unmeasured !== undefined) {
    const message = `exo could not measure the memory of ${unmeasured.id}; exo 0.0.x gives such a node no layers, and its ring then fails.`;
    const fix = `Leave it out: \`cordon: true\` for ${unmeasured.id} under \`nodes:\`.`;
    return refused(problem, [{ code: "no_memory", node: unmeasured.id, message, fix }]);
  }
  const placed = classicShards(classicPartitions(ring), problem.model.layers);
  const empty = emptyStage(ring, placed, problem.model.layers);
  if (empty !== undefined) return refused(problem, [empty]);
  const { shortfalls } = evaluatePlacement(problem, placed);
  if (shortfalls.length > 0) {
    const forced = planForced(problem);
    const fix =
      forced.placed.length > 0
        ? "Set exo.classic.forceLayers: true, which makes exo divide the layers by what fits."
        : "Give the model more machines, less context, or leave out what is too small.";
    return refused(
      problem,
      shortfalls.map((shortfall) => ({ ...shortfall, fix })),
    );
  }
  return described(problem, placed, [
    {
      code: "classic_formula",
      message:
        "exo 0.0.x divides the layers by the machines' whole memory, largest first; every machine of the ring takes part.",
      fix: "exo.classic.forceLayers: true lets the planner divide them.",
    },
  ]);
}

function planForced(problem: PlanProblem): ClassicPlan {
  const found = searchClassicRing(problem);
  if (found === undefined) return refused(problem, infeasibleRing(problem));
  const shares = found.placed.map(({ node, layers }) => ({ node, layers: layers.end - layers.start }));
  const memory = classicMemoryFor(shares);
  if (memory.kind === "refused") return refused(problem, [{ code: memory.code, message: memory.message }]);
  const plan = described(problem, found.placed, [
    {
      code: "classic_forced",
      message:
        "The machines report memory to exo by which its formula yields these layers: larger ranges first, at least one for each.",
    },
  ]);
  return { ...(found.orders === "all" ? plan : notProven(problem, plan)), forcedMb: memory.memoryMb };
}

/** A ring of which one order alone was looked at, against what no ring of these machines can beat: a pipeline free of exo's rules. */
function notProven(problem: PlanProblem, plan: ClassicPlan): ClassicPlan {
  if (plan.result.kind !== "plan") return plan;
  const gap = gapToFreePipeline(problem, plan.placed);
  if (gap <= 1e-9) return plan;
  const message = `With so many machines only the order with the fastest first was looked at: a ring up to ${(gap * 100).toFixed(1)} % better may exist.`;
  const reasons = [...plan.result.reasons, { code: "not_proven_optimal", message }];
  return { ...plan, result: { ...plan.result, optimal: { gap }, reasons } };
}

function gapToFreePipeline(problem: PlanProblem, placed: readonly PlacedStage[]): number {
  const free = choosePlacement(problem, { left: usualWork(problem.nodes.length) });
  if (typeof free === "string") return 1;
  const proven = objectiveSec(problem, free.evaluation) * (free.optimal === true ? 1 : 1 - free.optimal.gap);
  return Math.max(0, 1 - proven / objectiveSec(problem, evaluatePlacement(problem, placed)));
}

const refused = (problem: PlanProblem, shortfalls: readonly Reason[]): ClassicPlan => ({
  problem,
  placed: [],
  result: {
    kind: "infeasible",
    model: problem.model.name,
    objective: problem.objective,
    replicas: [],
    reasons: problem.notes ?? [],
    shortfalls,
  },
});

/** The planner itself describes what exo's rules leave: every node pinned to its layers. */
function described(problem: PlanProblem, placed: readonly PlacedStage[], reasons: readonly Reason[]): ClassicPlan {
  const pinned: PlanProblem = { ...problem, pins: placed, pinnedBy: "exo" };
  const result = planCluster(pinned);
  const assumed: Reason = {
    code: "links_assumed",
    message: "exo 0.0.x does not tell how the machines are connected; 10 Gb/s Ethernet is assumed.",
  };
  const known = problem.links.length > 0 ? [] : [assumed];
  return { problem: pinned, placed, result: { ...result, reasons: [...reasons, ...result.reasons, ...known] } };
}
