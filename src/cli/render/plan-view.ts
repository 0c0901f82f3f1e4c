import type { ExoDefault, Infeasible, Plan, PlanResult, Reason, Replica } from "../../plan/plan-result.js";
import { bandText, countText, gibText, layersText, millisText, rateText } from "./amounts.js";
import { renderLayerMap } from "./layer-map.js";
import { bullet, type Page, plainText } from "./page.js";

function reasonLines(reasons: readonly Reason[], sign: string, page: Page): readonly string[] {
  return reasons.flatMap(({ message, node, bytes, fix }) => {
    const about = node === undefined || message.includes(node) ? "" : `${node}: `;
    const missing = bytes === undefined ? "" : ` (${gibText(bytes)})`;
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
  return renderLayerMap(
    {
      model: replica.sharding === "tensor" ? `${title} · tensor parallel` : title,
      layers,
      stages: replica.stages,
      predicted: { decodeTokensPerSec: 1 / replica.latencySec, errorBand: plan.predicted.errorBand },
    },
    page,
  );
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

function exoLine(name: string, other: ExoDefault): string {
  if (other.error !== undefined || other.stages === undefined)
    return `  ${name.padEnd(14)}${plainText(other.error ?? "would not place it")}`;
  const stages = other.stages.map(
    ({ node, startLayer, endLayer }) => `${plainText(node)} ${layersText(startLayer, endLayer)}`,
  );
  const rate = other.latencySec === undefined ? "" : ` · ${rateText(1 / other.latencySec)}`;
  return `  ${name.padEnd(14)}${stages.join(", ")}${rate}`;
}

function planLines(plan: Plan, page: Page): readonly string[] {
  const replicas = plan.replicas.flatMap((replica, index) => [
    ...(index > 0 ? [""] : []),
    ...replicaLines(plan, replica, index, page),
  ]);
  const exo =
    plan.exoDefault === null
      ? []
      : [exoLine("exo 1.x", plan.exoDefault.modern), exoLine("exo 0.0.x", plan.exoDefault.classic)];
  return [
    ...replicas,
    ...section(`Predicted (objective: ${plan.objective})`, predictionLines(plan, page), page),
    ...section("What exo would do by itself", exo, page),
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
export function renderPlan(result: PlanResult, page: Page): readonly string[] {
  return result.kind === "plan" ? planLines(result, page) : infeasibleLines(result, page);
}
