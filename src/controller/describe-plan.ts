import { layerCount } from "../cluster/layer-range.js";
import type { PlanResult } from "../plan/plan-result.js";
import { Problem } from "../runtime/problem.js";
import type { ModelPlan } from "./plan-model.js";

/** One line for people: which node gets how many layers. */
export function planLine(model: string, plan: ModelPlan): string {
  const stages = plan.stages.map(({ node, layers }) => `${node} ${layerCount(layers)}`).join(" > ");
  const verb = plan.verdict === "keep" ? "keeps running on" : "goes to";
  const rate = plan.predicted === undefined ? "" : `, about ${plan.predicted.decodeTokensPerSec.toFixed(0)} tokens/s`;
  return `${model} ${verb} ${stages} layers${rate}`;
}

/** Why a model can't be placed: the planner's own words, and its first remedy. */
export function infeasibleProblem(model: string, result: PlanResult): Problem {
  const why = result.shortfalls.map((shortfall) => shortfall.message).join(" ");
  const fix = result.shortfalls.find((shortfall) => shortfall.fix !== undefined)?.fix;
  return new Problem("infeasible", "infeasible", `${model} does not fit on the nodes that are ready: ${why}`, fix);
}
