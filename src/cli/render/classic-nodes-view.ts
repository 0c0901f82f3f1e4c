import type {
  ClassicClusterReport,
  ClassicComparison,
  ClassicListing,
  ClassicNodeListing,
  ClassicNodeOutcome,
  ClassicNodeResult,
} from "../../apply/classic/classic-cluster-report.js";
import { diffLines, findingLines, refusalLines } from "./classic-view.js";
import { bullet, type Page } from "./page.js";
import { type Cell, tableLines } from "./table.js";

/** What `exoctl model add --classic --nodes` and `remove` print: the whole first, then each node, then what its agent said. */
export function renderClassicCluster(
  report: ClassicClusterReport,
  accepted: readonly string[],
  page: Page,
): readonly string[] {
  const rows = report.nodes.map(({ node, outcome, trouble, report: own }) => [
    signCell(outcome, page),
    { text: node },
    { text: outcome },
    { text: trouble ?? own?.file ?? "", paint: page.colors.dim },
  ]);
  return [
    ...headOf(report, page),
    "",
    ...tableLines(["", "NODE", "OUTCOME", "FILE OR REASON"], rows, page),
    ...report.nodes.flatMap((result) => reasonsOf(result, accepted, page)),
    ...changeOf(report, page),
    ...(report.comparison === null ? [] : comparisonLines(report.comparison, page)),
    ...nextSteps(report, page),
  ];
}

const bad: ReadonlySet<ClassicNodeOutcome> = new Set([
  "differs",
  "blocked",
  "refused",
  "no-answer",
  "not-reverted",
  "unknown",
]);
const done: ReadonlySet<ClassicNodeOutcome> = new Set(["added", "replaced", "removed", "unchanged", "absent"]);

function signCell(outcome: ClassicNodeOutcome, { colors }: Page): Cell {
  if (bad.has(outcome)) return { text: "✗", paint: colors.red };
  return done.has(outcome) ? { text: "✓", paint: colors.green } : { text: "·", paint: colors.yellow };
}

function headOf({ outcome, id, nodes }: ClassicClusterReport, page: Page): readonly string[] {
  const { red, green, yellow } = page.colors;
  const heads = {
    done: [green("✓"), `models.py was changed for ${id} on every node that needed it; restart exo on all of them`],
    unchanged: [green("✓"), `every node's models.py is as it should be for ${id}; nothing was changed`],
    "would-write": [yellow("·"), `models.py would be changed for ${id}; nothing was changed`],
    "not-possible": [red("✗"), `nothing was changed on any of ${nodes.length} nodes: not all of them can`],
    reverted: [red("✗"), "a node failed while it was written; every file is as it was before"],
    "not-reverted": [red("✗"), "a node failed while it was written, and not every file is as it was before"],
  } as const;
  const [mark, text] = heads[outcome];
  return bullet(`${mark} `, text, page);
}

/** What the agent says that keeps its node from the change. */
function reasonsOf({ node, report }: ClassicNodeResult, accepted: readonly string[], page: Page): readonly string[] {
  const findings = report !== null && "findings" in report ? report.findings : [];
  const blocking = report?.outcome === "blocked" ? findings.filter(({ weight }) => weight === "blocks") : [];
  const lines = [
    ...(report?.refusals ?? []).flatMap((refusal) => refusalLines(refusal, page)),
    ...blocking.flatMap((finding) => findingLines(finding, accepted, page)),
  ];
  return lines.length === 0 ? [] : ["", page.colors.bold(node), ...lines];
}

/** The change itself, once: on most clusters all files are the same. Nodes with another change show their own. */
function changeOf({ nodes }: ClassicClusterReport, page: Page): readonly string[] {
  const changes = new Map<string, { readonly diff: readonly string[]; readonly on: string[] }>();
  for (const { node, report } of nodes) {
    if (report === null || report.diff.length === 0) continue;
    const key = report.diff.join("\n");
    const known = changes.get(key);
    if (known === undefined) changes.set(key, { diff: report.diff, on: [node] });
    else known.on.push(node);
  }
  return [...changes.values()].flatMap(({ diff, on }) => [
    "",
    page.colors.bold(on.join(", ")),
    ...diffLines(diff, page),
  ]);
}

function comparisonLines({ files, groups, differences }: ClassicComparison, page: Page): readonly string[] {
  const { green, yellow } = page.colors;
  const same = groups[0];
  const said = differences.flatMap((text) => bullet(`${yellow("!")} `, text, page));
  if (files === "differs" || same === undefined) return ["", ...said];
  const count = same.nodes.length === 1 ? "its one node" : `all ${same.nodes.length} nodes`;
  return ["", ...bullet(`${green("✓")} `, `models.py is the same on ${count}: ${same.digest}`, page), ...said];
}

function nextSteps({ outcome, nodes, id }: ClassicClusterReport, page: Page): readonly string[] {
  const arrow = `${page.colors.cyan("→")} `;
  if (nodes.some((node) => node.outcome === "blocked"))
    return ["", ...bullet(arrow, "Mend these, or take them on with --accept CODE,CODE.", page)];
  if (nodes.some((node) => node.outcome === "differs"))
    return ["", ...bullet(arrow, "--replace writes this entry over the other.", page)];
  if (outcome !== "not-reverted") return [];
  const left = nodes.filter((node) => ["unknown", "not-reverted"].includes(node.outcome)).map(({ node }) => node);
  const text = `When ${left.join(", ")} can be worked on again: \`exoctl model list --classic --nodes\` shows what ${id} is there.`;
  return ["", ...bullet(arrow, text, page)];
}

/** What `exoctl model list --classic` prints: each node's file, then its entries. */
export function renderClassicListing({ nodes, comparison }: ClassicListing, page: Page): readonly string[] {
  const rows = nodes.map(({ node, description, trouble }) => [
    { text: node },
    { text: description?.digest?.slice(0, 16) ?? "-" },
    { text: versionsOf(description) },
    { text: gptOssWord(description) },
    { text: trouble ?? description?.file ?? "", ...(trouble === null ? {} : { paint: page.colors.red }) },
  ]);
  const entries = nodes.flatMap(({ node, description }) =>
    (description?.entries ?? []).map(({ entry, by }) => [
      { text: entry.id },
      { text: node },
      { text: `${entry.layers}` },
      { text: entry.engine },
      { text: by },
      { text: entry.repo },
    ]),
  );
  return [
    ...tableLines(["NODE", "SHA-256", "EXO, MLX, MLX-LM", "GPT-OSS", "FILE"], rows, page),
    ...nodes.flatMap(({ node, description }) =>
      (description?.refusals ?? []).flatMap((refusal) => ["", page.colors.bold(node), ...refusalLines(refusal, page)]),
    ),
    "",
    ...(entries.length === 0
      ? bullet("  ", "No entry of exoctl's is there.", page)
      : tableLines(["ENTRY", "NODE", "LAYERS", "ENGINE", "WRITTEN BY", "REPOSITORY"], entries, page)),
    ...(nodes.length < 2 ? [] : comparisonLines(comparison, page)),
  ];
}

const versionsOf = (description: ClassicNodeListing["description"]): string =>
  [description?.exo, description?.mlx, description?.mlxLm].map((version) => version ?? "?").join(", ");

const gptOssWord = (description: ClassicNodeListing["description"]): string => {
  if (description === null) return "-";
  return description.engineFaults.some(({ weight }) => weight === "blocks") ? "can't run" : "may run";
};
