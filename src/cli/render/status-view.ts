import type { Formatter } from "picocolors/types.js";
import type { ModelStatus, NodeState, RingStatus, StatusReport } from "../../controller/status-report.js";
import { gibText } from "./amounts.js";
import { renderModelMap } from "./model-map.js";
import { bullet, type Page, plainText } from "./page.js";
import { tableLines } from "./table.js";

type State = NodeState | ModelStatus["state"];

/** The sign before a state: states are told apart without colour as well. */
function signOf(state: State): string {
  switch (state) {
    case "ready":
      return "●";
    case "loading":
      return "◐";
    case "cordoned":
      return "◌";
    case "waiting":
      return "?";
    case "not-ready":
      return "▲";
    case "unreachable":
    case "unavailable":
      return "✗";
    default:
      return state satisfies never;
  }
}

function colorOf(state: State, { colors }: Page): Formatter {
  if (state === "ready") return colors.green;
  return state === "unreachable" || state === "unavailable" ? colors.red : colors.yellow;
}

function nodeLines(report: StatusReport, page: Page): readonly string[] {
  if (report.nodes.length === 0)
    return bullet("  ", "No node is known yet. `exoctl token create` prints how one joins.", page);
  const rows = report.nodes.map((node) => [
    { text: signOf(node.state), paint: colorOf(node.state, page) },
    { text: node.name },
    { text: node.state },
    { text: node.chip },
    { text: `${gibText(node.workingSetBytes)} of ${gibText(node.memoryBytes)}` },
    { text: node.reasons.join("; "), paint: page.colors.dim },
  ]);
  return tableLines(["", "NODE", "STATE", "CHIP", "FOR MODELS", "WHY"], rows, page);
}

function modelLines(model: ModelStatus, page: Page): readonly string[] {
  const several = model.copies.length > 1;
  const instance = model.instance === null ? "no instance" : `instance ${plainText(model.instance)}`;
  const sign = colorOf(model.state, page)(signOf(model.state));
  const state = `${sign} ${model.state} · ${page.colors.dim(several ? `${model.copies.length} instances` : instance)}`;
  const reason = model.reason === null ? [] : bullet("    ", model.reason, page);
  const [title = "", ...body] = renderModelMap(model, page);
  return [title, `  ${state}`, ...reason, ...(body.length > 0 && !several ? [""] : []), ...body];
}

/** exo 0.0.x: whether its nodes agree, and in what order. What is wrong with it stands among the problems. */
function ringLines({ state, order, forced }: RingStatus, page: Page): readonly string[] {
  const { colors } = page;
  if (order.length === 0) return [`Ring of exo 0.0.x: ${colors.yellow("none yet")}`];
  const agreed = state === "whole" ? colors.green("● all nodes agree") : colors.red("✗ not whole");
  const ring = [...order, order[0] ?? ""].map(plainText).join(" → ");
  return [
    ...[`Ring of exo 0.0.x: ${agreed} · ${ring}`],
    ...forced.flatMap(({ node, memoryMb }) =>
      bullet("  ", `${node} reports ${memoryMb} MB to exo: forced layers`, page),
    ),
  ];
}

/** What `exoctl status` prints: nodes, then each model with its layer map, then what is wrong. */
export function renderStatus(report: StatusReport, page: Page): readonly string[] {
  const { colors } = page;
  const simulated = report.simulated ? ` · ${colors.yellow("simulated")}` : "";
  const head = `${colors.bold(plainText(report.cluster))} · generation ${report.generation}${simulated} · ${plainText(report.gateway)}`;
  const models =
    report.models.length === 0
      ? ["", ...bullet("", "No model is desired yet. `exoctl run gpt-oss-120b` adds one.", page)]
      : report.models.flatMap((model) => ["", ...modelLines(model, page)]);
  const ring = report.ring === undefined ? [] : ["", ...ringLines(report.ring, page)];
  const problems =
    report.problems.length === 0
      ? []
      : [
          "",
          colors.bold("Problems"),
          ...report.problems.flatMap((problem) => bullet(`  ${colors.red("✗")} `, problem, page)),
        ];
  return [head, "", ...nodeLines(report, page), ...models, ...ring, ...problems];
}
