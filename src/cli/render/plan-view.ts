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
    [
      "optimum",
      optimal === true ? "yes, for the stated cost model" : `within ${bandText(optimal.gap).slice(1)} of the bound`,
    ],
  ];
  return rows.map(([name = "", value = ""]) => `  ${name.padEnd(14)}${value}`);
}

/** What exo's own choice costs against the plan. */
function costText(exoSec: number | undefined, plannedSec: number): string {
  if (exoSec === undefined) return "";
  const more = (exoSec / plannedSec - 1) * 100;
  if (Math.abs(more) < 0.05) return " · as fast";
  return ` · ${Math.abs(more).toFixed(1)} % ${more > 0 ? "slower" : "faster"}`;
}

function exoLines(plan: Plan, view: PlanView): readonly string[] {
  const { exoDefault, predicted } = plan;
  if (exoDefault === null || view.exo === "hidden") return [];
  return [
    exoLine("exo 1.x", exoDefault.modern, predicted.latencySec),
    exoLine("exo 0.0.x", exoDefault.classic, predicted.latencySec),
  ];
}

function exoLine(name: string, other: ExoDefault, plannedSec: number): string {
  if (other.error !== undefined || other.stages === undefined)
    return `  ${name.padEnd(14)}${plainText(other.error ?? "would not place it")}`;
  const stages = other.stages.map(
    ({ node, startLayer, endLayer }) => `${plainText(node)} ${layersText(startLayer, endLayer)}`,
  );
  const rate = other.latencySec === undefined ? "" : ` · ${rateText(1 / other.latencySec)}`;
  return `  ${name.padEnd(14)}${stages.join(", ")}${rate}${costText(other.latencySec, plannedSec)}`;
}

function replanLines({ replan }: Plan, page: Page): readonly string[] {
  if (replan === undefined) return [];
  const moves = replan.moves.map(({ node, layers }) => `${plainText(node)} loads ${countText(layers.length, "layer")}`);
  return [
    `  ${"verdict".padEnd(14)}${replan.verdict}`,
    ...(moves.length === 0 ? [] : [`  ${"moves".padEnd(14)}${moves.join(", ")} (${gibText(replan.bytesToLoad)})`]),
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
    ...section("What exo would do by itself", exoLines(plan, view), page),
    ...section("Moving from what runs", replanLines(plan, page), page),
    ...section("Why", reasonLines(plan.reasons, "·", page), page),
    ...section("Short", reasonLines(plan.shortfalls, page.colors.yellow("▲"), page), page),
  ];
}

function infeasibleLines(result: Infeasible, page: Page): readonly string[] {
  const count = countText(result.shortfalls.length, "shortfall");
  return [
    `${page.colors.red("✗")} ${page.colors.bold(plainText(result.model))} does not fit: ${count}`,
    ...reasonLines(result.shortfalls, "·", page),
    ...section("Why", reasonLines(result.reasons, "·", page), page),
  ];
}

/** What `exoctl plan` prints: the placement with its predictions and reasons, or what is short and how to mend it. */
export function renderPlan(result: PlanResult, page: Page, view: PlanView = { exo: "shown" }): readonly string[] {
  return result.kind === "plan" ? planLines(result, page, view) : infeasibleLines(result, page);
}
