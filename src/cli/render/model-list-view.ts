import type { Formatter } from "picocolors/types.js";
import type {
  CardState,
  ListedFiles,
  ListedModel,
  ListedOnNode,
  ModelListing,
} from "../../controller/model-list/model-list-api.js";
import { bullet, type Page, plainText } from "./page.js";
import { type Cell, tableLines } from "./table.js";

const cardWords: Readonly<Record<CardState, string>> = {
  ours: "exoctl's",
  changed: "changed",
  other: "somebody's",
  "built-in": "built in",
  none: "none",
  unknown: "unknown",
};
const exoWords = { listed: "lists it", "not-listed": "no", unknown: "unknown" } as const;

const gigabytes = (bytes: number): string =>
  bytes >= 1e8 ? `${(bytes / 1e9).toFixed(1)} GB` : bytes >= 1e5 ? `${(bytes / 1e6).toFixed(1)} MB` : `${bytes} B`;

function filesText({ state, present, named }: ListedFiles): string {
  return state === "partial" && named !== null ? `${present} of ${named}` : state;
}

/** Where the files came from, in a word or two. @param common what all links of the model lead to, said above the table */
function fromText({ from, linkTo }: ListedFiles, common: string | undefined): string {
  if (from === "link") return linkTo === null || linkTo === common ? "link" : `link to ${linkTo}`;
  return from === null || from === "other" ? "" : `exoctl ${from}`;
}

/** The one model that all links of a model lead to. */
function commonTarget({ nodes }: ListedModel): string | undefined {
  const targets = new Set(nodes.flatMap(({ files }) => (files.linkTo === null ? [] : [files.linkTo])));
  return targets.size === 1 ? [...targets][0] : undefined;
}

function nodeRow(row: ListedOnNode, common: string | undefined, { colors }: Page): readonly Cell[] {
  const { node, card, exo, files, findings } = row;
  const isWrong = findings.some(({ code }) => code !== "mended");
  const mark: Formatter = isWrong ? colors.yellow : files.state === "complete" ? colors.green : colors.dim;
  return [
    { text: isWrong ? "▲" : files.state === "complete" ? "●" : "◌", paint: mark },
    { text: node },
    { text: cardWords[card], ...(card === "changed" ? { paint: colors.yellow } : {}) },
    { text: exoWords[exo] },
    { text: filesText(files), ...(files.state === "partial" ? { paint: colors.yellow } : {}) },
    { text: files.bytes === null || files.state === "none" ? "" : gigabytes(files.bytes) },
    { text: fromText(files, common), paint: colors.dim },
  ];
}

/** Equal findings of several nodes are one line. */
function findingLines({ nodes }: ListedModel, page: Page): readonly string[] {
  const byText = new Map<string, { readonly nodes: string[]; readonly sign: string }>();
  for (const { node, findings } of nodes) {
    for (const { code, message, fix } of findings) {
      const text = fix === undefined ? message : `${message}; ${fix}`;
      const sign = code === "mended" ? page.colors.dim("·") : page.colors.yellow("▲");
      const known = byText.get(text) ?? { nodes: [], sign };
      known.nodes.push(node);
      byText.set(text, known);
    }
  }
  return [...byText].flatMap(([text, found]) => bullet(`  ${found.sign} `, `${found.nodes.join(", ")}: ${text}`, page));
}

function modelLines(model: ListedModel, page: Page): readonly string[] {
  const { colors, width } = page;
  const common = commonTarget(model);
  const facts = [
    ...(model.servedAs.length === 0 ? [] : [`served as ${model.servedAs.join(", ")}`]),
    ...(common === undefined ? [] : [`linked to ${common}`]),
  ];
  const rows = model.nodes.filter((row) => !isAbsent(row)).map((row) => nodeRow(row, common, page));
  const head = ["", "NODE", "CARD", "EXO", "FILES", "SIZE", "FROM"];
  const table = tableLines(head, rows, { ...page, width: width - 2 }).map((line) => `  ${line}`.trimEnd());
  const absent = model.nodes.filter(isAbsent).map(({ node }) => node);
  const elsewhere = absent.length === 0 ? [] : bullet(`  ${colors.dim("◌")}  `, `not on ${absent.join(", ")}`, page);
  const title = [
    colors.bold(plainText(model.modelId)),
    ...facts.flatMap((fact) => bullet("  ", fact, page).map(colors.dim)),
  ];
  return [...title, ...(rows.length === 0 ? [] : table), ...elsewhere, ...findingLines(model, page)];
}

/** Whether a node has nothing of a model and nothing is odd about that. */
const isAbsent = ({ card, exo, files, findings }: ListedOnNode): boolean =>
  card === "none" && exo === "not-listed" && files.state === "none" && files.from === null && findings.length === 0;

/** What `exoctl model list` prints: each model with a line for every node, and what is wrong under it. */
export function renderModelList({ models, gaps, simulated }: ModelListing, page: Page): readonly string[] {
  const { colors } = page;
  const head = simulated ? [colors.yellow("simulated"), ""] : [];
  const body =
    models.length === 0
      ? bullet("", "No node has a model. `exoctl run gpt-oss-120b` brings one up.", page)
      : models.flatMap((model, index) => [...(index === 0 ? [] : [""]), ...modelLines(model, page)]);
  const missing = gaps.flatMap((gap) => bullet(`${colors.yellow("▲")} `, gap, page));
  return [...head, ...body, ...(missing.length === 0 ? [] : ["", ...missing])];
}
