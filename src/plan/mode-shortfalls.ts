import { chooseCopies, choosesModes } from "./choose-copies.js";
import { formatGib } from "./format-units.js";
import { rdmaPairs } from "./link-kinds.js";
import { safeShare } from "./memory-limit.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Reason } from "./reason.js";
import { evaluateTensorPair, mayShard } from "./tensor-pair.js";
import { usualWork } from "./work-budget.js";

/** Why the modes that were asked for allow no plan; undefined where the reason lies elsewhere. */
export function modeShortfalls(problem: PlanProblem): readonly Reason[] | undefined {
  const tensor = problem.sharding === "tensor" ? tensorShortfall(problem) : undefined;
  if (tensor !== undefined) return tensor;
  if (
    !choosesModes(problem) ||
    typeof chooseCopies(problem, { left: usualWork(problem.nodes.length) / 4 }) === "string"
  )
    return undefined;
  const share = `${Math.round(safeShare * 100)} %`;
  return [
    {
      code: "above_safe_share",
      message: `A plan exists, but it fills a node above ${share} of its memory limit, which is refused with sharding or replicas set to auto.`,
      fix: "Ask for sharding: pipeline and replicas: 1 to use all of the limit, or serve less context.",
    },
  ];
}

function tensorShortfall(problem: PlanProblem): readonly Reason[] | undefined {
  const fix = "Ask for sharding: pipeline, or auto.";
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
  return [{ code: "tensor_memory", bytes: missing(least), message, fix }, ...least];
}

const missing = (shortfalls: readonly Reason[]): number => shortfalls.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
