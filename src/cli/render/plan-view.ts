import type { ExoDefault, Infeasible, Plan, PlanResult, Replica } from "../../plan/plan-result.js";
import type { Reason } from "../../plan/reason.js";
import { bandText, countText, gibText, layersText, millisText, rateText } from "./amounts.js";
import { renderLayerMap } from "./layer-map.js";
import { bullet, type Page, plainText } from "./page.js";
import { renderStepTimes } from "./step-view.js";

/** What of a plan to print. */
export interface PlanView {
  /** What exo itself would do, beside the plan. */
  readonly exo: "shown" | "hidden";
}

function reasonLines(reasons: readonly Reason[], sign: string, page: Page): readonly string[] {
  return reasons.flatMap(({ message, node, bytes, fix }) => {
    const about = node === undefined || message.includes(node) ? "" : `${node}: `;
    const missing = bytes === undefined || message.includes("GiB") ? "" : ` (${gibText(bytes)})`;
    return [
      ...bullet(`  ${sign} `, `${about}${message}${missing}`, page),
      ...(fix === undefined ? [] : bullet(`    ${page.colors.cyan("→")} `, fix, page)),
    ];
  });
}

function section(title: string, lines: readonly string[], page: Page): readonly string[] {
  return lines.length === 0 ? [] : ["", page.colors.bold(title), ...lines];
}

function replicaLines(plan: Plan, replica: Replica, index: number, page: Page): readonly string[] {
  const copies = plan.replicas.length;
  const title = copies === 1 ? plan.model : `${plan.model} · copy ${index + 1} of ${copies}`;
  const layers = Math.max(...replica.stages.map(({ endLayer }) => endLayer));
  const times = section("Time of one step", renderStepTimes(replica, page), page);
  const map = renderLayerMap(
    {
      model: replica.sharding === "tensor" ? `${title} · tensor parallel` : title,
      layers,
      stages: replica.stages,
      predicted: { decodeTokensPerSec: 1 / replica.latencySec, errorBand: plan.predicted.errorBand },
    },
    page,
  );
  return [...map, ...times];
}

function predictionLines(plan: Plan, page: Page): readonly string[] {
  const { predicted, optimal, bestSingleNode } = plan;
  const band = page.colors.dim(bandText(predicted.errorBand));
  const single =
    bestSingleNode === null
      ? "no node can hold the model alone"
      : `${rateText(1 / bestSingleNode.latencySec)} on ${plainText(bestSingleNode.node)} alone`;
  const rows = [
    ["one request", `${rateText(predicted.decodeTokensPerSec)} ${band}, ${millisText(predicted.latencySec)} a token`],
    ["all requests", `${rateText(predicted.aggregateTokensPerSec)} ${band}`],
    ["prompts", `${rateText(predicted.prefillTokensPerSec)} ${band}`],
    ["limited by", predicted.bindingConstraint],
    ["single node", single],
    ["optimum", optimumText(optimal)],
  ];
  return rows.flatMap(([name = "", value = ""]) => bullet(`  ${name.padEnd(14)}`, value, page));
}

function optimumText(optimal: Plan["optimal"]): string {
  if (optimal === true) return "yes, for the stated cost model";
  return optimal.gap === 0 ? "period yes, step not proven" : `within ${bandText(optimal.gap).slice(1)} of the bound`;
}

/** What the objective counts: seconds of a step, of the slowest stage, or between tokens of all copies together. */
function countedSec(plan: Plan): number {
  if (plan.objective === "bottleneck") return plan.predicted.periodSec;
  if (plan.objective === "latency") return plan.predicted.latencySec;
  return 1 / plan.replicas.reduce((sum, { latencySec }) => sum + 1 / latencySec, 0);
}

/** What exo's own choice costs against the plan. */
function costText(exoSec: number | undefined, plannedSec: number): string {
  if (exoSec === undefined) return "";
  const more = (exoSec / plannedSec - 1) * 100;
  if (Math.abs(more) < 0.05) return " · as fast";
  return ` · ${Math.abs(more).toFixed(1)} % ${more > 0 ? "slower" : "faster"}`;
}

function exoLines({ exoDefault }: PlanResult, plan: Plan | undefined, view: PlanView, page: Page): readonly string[] {
  if (exoDefault === null || exoDefault === undefined || view.exo === "hidden") return [];
  return [
    ...exoLine("exo 1.x", exoDefault.modern, plan, page),
    ...exoLine("exo 0.0.x", exoDefault.classic, plan, page),
  ];
}

function exoLine(name: string, other: ExoDefault, plan: Plan | undefined, page: Page): readonly string[] {
  const marker = `  ${name.padEnd(14)}`;
  if (other.error !== undefined || other.stages === undefined)
    return bullet(marker, other.error ?? "would not place it", page);
  const stages = other.stages.map(({ node, startLayer, endLayer }) => `${node} ${layersText(startLayer, endLayer)}`);
  const rate = other.latencySec === undefined ? "" : ` · ${rateText(1 / other.latencySec)}`;
  const isPeriod = plan?.objective === "bottleneck";
  const period = isPeriod && other.periodSec !== undefined ? ` · slowest stage ${millisText(other.periodSec)}` : "";
  const cost = plan === undefined ? "" : costText(isPeriod ? other.periodSec : other.latencySec, countedSec(plan));
  return bullet(marker, `${stages.join(", ")}${period || rate}${cost}`, page);
}

function replanLines({ replan }: Plan, page: Page): readonly string[] {
  if (replan === undefined) return [];
  const moves = replan.moves.map(({ node, layers }) => `${node} loads ${countText(layers.length, "layer")}`);
  const load = `${moves.join(", ")} (${gibText(replan.bytesToLoad)})`;
  return [
    `  ${"verdict".padEnd(14)}${replan.verdict}`,
    ...(moves.length === 0 ? [] : bullet(`  ${"moves".padEnd(14)}`, load, page)),
    ...reasonLines(replan.reasons, "·", page),
  ];
}

function planLines(plan: Plan, page: Page, view: PlanView): readonly string[] {
  const replicas = plan.replicas.flatMap((replica, index) => [
    ...(index > 0 ? [""] : []),
    ...replicaLines(plan, replica, index, page),
  ]);
  return [
    ...replicas,
    ...section(`Predicted (objective: ${plan.objective})`, predictionLines(plan, page), page),
    ...section("What exo would do by itself", exoLines(plan, plan, view, page), page),
    ...section("Moving from what runs", replanLines(plan, page), page),
    ...section("Why", reasonLines(plan.reasons, "·", page), page),
    ...section("Short", reasonLines(plan.shortfalls, page.colors.yellow("▲"), page), page),
  ];
}

/** Shortfalls that are about memory; all others are about links, pins, counts and modes. */
const memoryCodes: ReadonlySet<string> = new Set([
  "memory",
  "pin_memory",
  "max_nodes",
  "tensor_memory",
  "above_safe_share",
]);

function infeasibleLines(result: Infeasible, page: Page, view: PlanView): readonly string[] {
  const isMemory = result.shortfalls.some(({ code }) => memoryCodes.has(code));
  const what = isMemory ? "does not fit on these nodes" : "can't be placed on these nodes";
  return [
    `${page.colors.red("✗")} ${page.colors.bold(plainText(result.model))} ${what}`,
    ...reasonLines(result.shortfalls, "·", page),
    ...section("What exo would do by itself", exoLines(result, undefined, view, page), page),
    ...section("Why", reasonLines(result.reasons, "·", page), page),
  ];
}

/** What `exoctl plan` prints: the placement with its predictions and reasons, or what is short and how to mend it. */
export function renderPlan(result: PlanResult, page: Page, view: PlanView = { exo: "shown" }): readonly string[] {
  return result.kind === "plan" ? planLines(result, page, view) : infeasibleLines(result, page, view);
}
