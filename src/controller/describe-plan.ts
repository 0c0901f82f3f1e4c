import { layerCount } from "../cluster/layer-range.js";
import type { PlanResult } from "../plan/plan-result.js";
import { Problem } from "../runtime/problem.js";
import type { ModelPlan } from "./plan-model.js";

/** One line for people: which node gets how many layers, copy by copy. */
export function planLine(model: string, { copies, verdict, predicted }: ModelPlan): string {
  const placed = copies.map(copyText).join(" and ");
  const several = copies.length > 1;
  const verb = { keep: "keeps running on", extend: "stays and grows:", place: "goes to", infeasible: "goes to" }[
    verdict
  ];
  const rate = several ? predicted?.aggregateTokensPerSec : predicted?.decodeTokensPerSec;
  const speed = rate === undefined ? "" : `, about ${rate.toFixed(0)} tokens/s${several ? " in all" : ""}`;
  return `${model} ${verb} ${several ? `${copies.length} copies: ` : ""}${placed}${speed}`;
}

const copyText = ({ sharding, stages }: ModelPlan["copies"][number]): string =>
  sharding === "tensor"
    ? `${stages.map(({ node }) => node).join(" + ")} sharing every layer`
    : `${stages.map(({ node, layers }) => `${node} ${layerCount(layers)}`).join(" > ")} layers`;

/** Why a model can't be placed: the planner's own words, and its first remedy. */
export function infeasibleProblem(model: string, result: PlanResult): Problem {
  const weights = result.reasons.find(({ code }) => code === "no_weights");
  const messages = [...result.shortfalls.map((shortfall) => shortfall.message), ...(weights ? [weights.message] : [])];
  const why = messages.join(" ");
  const fix = weights?.fix ?? result.shortfalls.find((shortfall) => shortfall.fix !== undefined)?.fix;
  return new Problem("infeasible", "infeasible", `${model} does not fit on the nodes that are ready: ${why}`, fix);
}
