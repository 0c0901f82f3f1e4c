import { chooseCopies, choosesModes } from "./choose-copies.js";
import type { ChosenCopies } from "./choose-copy.js";
import { describeChanges, fixOf } from "./describe-changes.js";
import { formatGib } from "./format-units.js";
import { hasPlan } from "./has-plan.js";
import { rdmaPairs } from "./link-kinds.js";
import { safeShare } from "./memory-limit.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Reason } from "./reason.js";
import { smallestChanges } from "./smallest-change.js";
import { evaluateTensorPair, mayShard } from "./tensor-pair.js";
import { usualWork } from "./work-budget.js";

/**
 * Why the modes that were asked for allow no plan; undefined where the reason lies elsewhere.
 *
 * @param limited the same problem as it was planned, below the safe share of its limits where that counts
 */
export function modeShortfalls(problem: PlanProblem, limited: PlanProblem): readonly Reason[] | undefined {
  const tensor = problem.sharding === "tensor" ? tensorShortfall(problem, limited) : undefined;
  if (tensor !== undefined || !choosesModes(problem)) return tensor;
  const found = chooseCopies(problem, { left: usualWork(problem.nodes.length) / 4 });
  return typeof found === "string" ? undefined : safeShareShortfalls(found, limited);
}

/** A plan exists that uses all of the limit: which nodes it would fill too far, and by how much. */
function safeShareShortfalls({ copies }: ChosenCopies, limited: PlanProblem): readonly Reason[] {
  const share = `${Math.round(safeShare * 100)} %`;
  const over = copies.flatMap(({ evaluation }) =>
    evaluation.stages.flatMap(({ node, weightBytes, kvBytes, fixedBytes, reserveBytes, budgetBytes }) => {
      const bytes = Math.ceil(weightBytes + kvBytes + fixedBytes + reserveBytes - budgetBytes * safeShare);
      const message = `${node} would be filled ${formatGib(bytes)} above ${share} of its limit of ${formatGib(budgetBytes)}.`;
      return bytes > 0 ? [{ code: "node_above_safe_share", node, bytes, message }] : [];
    }),
  );
  const changes = smallestChanges(limited);
  const allow = "ask for sharding: pipeline and replicas: 1, which may use all of the limit";
  return [
    {
      code: "above_safe_share",
      bytes: over.reduce((sum, { bytes }) => sum + bytes, 0),
      message: `A plan exists, but it fills nodes above ${share} of their memory limit, which is refused with sharding or replicas set to auto.`,
      ...fixOf(changes),
      fix: changes.length === 0 ? `You can ${allow}.` : `${describeChanges(changes).slice(0, -1)}, or ${allow}.`,
    },
    ...over,
  ];
}

function tensorShortfall(problem: PlanProblem, limited: PlanProblem): readonly Reason[] | undefined {
  const isPipeline = hasPlan({ ...limited, sharding: "pipeline" });
  const fix = isPipeline ? "Ask for sharding: pipeline, or auto." : "As a pipeline the model does not fit either.";
  const refused = (code: string, message: string): readonly Reason[] => [{ code, message, fix }];
  if (!mayShard(problem.model)) {
    return refused(
      "tensor_shape",
      `The layers of ${problem.model.name} in this quantization can't be split in two: the shapes do not divide in whole groups.`,
    );
  }
  if (problem.pins.length > 0)
    return refused("tensor_pins", "Each member of a tensor pair runs every layer; pins can't be met.");
  if (problem.minNodes > 2 || problem.maxNodes < 2) {
    return refused("tensor_size", "Tensor parallelism takes exactly two nodes; minNodes or maxNodes forbids it.");
  }
  const pairs = rdmaPairs(problem);
  if (pairs.length === 0) {
    return refused("tensor_links", "Tensor parallelism needs two nodes with RDMA in both directions; there are none.");
  }
  const short = pairs
    .map((pair) => evaluateTensorPair(problem, pair).shortfalls)
    .filter((shortfalls) => shortfalls.length > 0);
  if (short.length < pairs.length) return undefined;
  const least = short.toSorted((left, right) => missing(left) - missing(right))[0] ?? [];
  const message = `No pair with RDMA holds half of every layer: the best one lacks ${formatGib(missing(least))}.`;
  const changes = smallestChanges(problem);
  const help = changes.length === 0 ? fix : `${describeChanges(changes)}${isPipeline ? ` ${fix}` : ""}`;
  const halves = least.map(({ bytes = 0, ...why }) => ({
    ...why,
    bytes,
    message: `${why.node} lacks ${formatGib(bytes)} for its half of every layer.`,
  }));
  return [{ code: "tensor_memory", bytes: missing(least), message, ...fixOf(changes), fix: help }, ...halves];
}

const missing = (shortfalls: readonly Reason[]): number => shortfalls.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
