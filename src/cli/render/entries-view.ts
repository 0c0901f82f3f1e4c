import type {
  AddedNode,
  AddModelSummary,
  RemovedFolder,
  RemovedNode,
  RemoveModelSummary,
} from "../../controller/entries/entries-api.js";
import { countText, sizeText } from "./amounts.js";
import { bullet, type Page } from "./page.js";
import { type Cell, tableLines } from "./table.js";

const problemLines = (nodes: readonly { readonly node: string; readonly problem?: string }[], page: Page): string[] =>
  nodes.flatMap(({ node, problem }) =>
    problem === undefined ? [] : bullet(`${page.colors.red("✗")} `, `${node}: ${problem}`, page),
  );

const good = new Set(["created", "replaced", "unchanged", "present"]);

function addedRow({ node, entry, weights, exo }: AddedNode, { colors }: Page): Cell[] {
  return [
    { text: node },
    { text: entry, paint: good.has(entry) ? colors.green : entry === "failed" ? colors.red : colors.yellow },
    { text: weights ?? "-", paint: weights === "missing" ? colors.yellow : String },
    { text: exo?.replaceAll("-", " ") ?? "-", paint: exo === "lists-it" ? colors.green : colors.yellow },
  ];
}

/** Nodes that have the entry and nothing to run it with: that is allowed, and said. */
function lackingLines({ model, weightsOf, nodes }: AddModelSummary, page: Page): readonly string[] {
  const lacking = nodes.filter(({ weights }) => weights === "missing").map(({ node }) => node);
  if (lacking.length === 0) return [];
  const next =
    lacking.length === nodes.length
      ? `To let exo download and run it: exoctl run ${model}`
      : `To copy them from a node that has them: exoctl model sync ${weightsOf}`;
  return bullet("• ", `${lacking.join(", ")}: no complete files of ${weightsOf}. ${next}`, page);
}

/** What `exoctl model add` prints: one row for each node, and what stands in the way. */
export function renderAdd(summary: AddModelSummary, page: Page): readonly string[] {
  const { colors } = page;
  const rows = summary.nodes.map((node) => addedRow(node, page));
  return [
    ...tableLines(["NODE", "ENTRY", "WEIGHTS", "EXO"], rows, page),
    "",
    ...problemLines(summary.nodes, page),
    ...lackingLines(summary, page),
    `${summary.mode === "dry-run" ? "Would add" : "Added"} ${colors.bold(summary.entry)} · ${sizeText(summary.storageBytes)} · ${countText(summary.nodes.length, "node")}${summary.mode === "dry-run" || summary.isNew ? "" : " · it was wanted before"}`,
  ];
}

const exoWords = {
  "forgot-it": "forgot it",
  restart: "lists it until it is restarted",
  "does-not-answer": "does not answer",
} as const;

function removedRow({ node, entries, exo, folders }: RemovedNode, { colors }: Page): Cell[] {
  const going = folders.filter(({ outcome }) => outcome !== "kept");
  const bytes = going.reduce((sum, folder) => sum + folder.bytes, 0);
  return [
    { text: node },
    { text: entries.length === 0 ? "none" : entries.join(", ") },
    { text: going.length === 0 ? "-" : sizeText(bytes) },
    { text: exo === null ? "-" : exoWords[exo], paint: exo === "restart" ? colors.yellow : String },
  ];
}

function folderLine(node: string, folder: RemovedFolder, page: Page): readonly string[] {
  const author = folder.placedBy === null ? "not put there by exoctl" : `put there by exoctl (${folder.placedBy})`;
  const verb = { removed: "removed", "to-be-removed": "would remove", kept: "kept" }[folder.outcome];
  return bullet(
    "• ",
    `${node}: ${verb} ${folder.path}, ${sizeText(folder.bytes)} in ${countText(folder.files, "file")}, ${author}`,
    page,
  );
}

/** What `exoctl model remove` prints. */
export function renderRemove(summary: RemoveModelSummary, page: Page): readonly string[] {
  const { nodes, weightsOf } = summary;
  const rows = nodes.map((node) => removedRow(node, page));
  const folders = nodes.flatMap(({ node, folders: own }) => own.flatMap((folder) => folderLine(node, folder, page)));
  const kept = nodes.some((node) =>
    node.folders.some(({ outcome, placedBy }) => outcome === "kept" && placedBy === null),
  );
  const restart = nodes.filter(({ exo }) => exo === "restart").map(({ node }) => node);
  const entries = new Set(nodes.flatMap((node) => node.entries));
  const dry = summary.mode === "dry-run";
  return [
    ...tableLines(["NODE", dry ? "WOULD TAKE AWAY" : "TAKEN AWAY", "FILES", "EXO"], rows, page),
    "",
    ...folders,
    ...(kept
      ? bullet("• ", `Files that exoctl did not put there go when they are named: --files --named ${weightsOf}`, page)
      : []),
    ...problemLines(nodes, page),
    ...(restart.length === 0
      ? []
      : bullet("• ", `Restart exo on ${restart.join(", ")}: it keeps what it has read.`, page)),
    entries.size === 0 && folders.length === 0
      ? `Nothing of ${page.colors.bold(summary.model)} that exoctl has put there`
      : `${dry ? "Would remove" : "Removed"} ${page.colors.bold(summary.model)} · ${countText(entries.size, "registry entry").replace(/entrys$/, "entries")}`,
  ];
}
