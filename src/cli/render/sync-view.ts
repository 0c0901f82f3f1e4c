import type { SyncedNode, SyncSummary } from "../../controller/sync/sync-api.js";
import { countText, sizeText } from "./amounts.js";
import { bullet, type Page } from "./page.js";
import { tableLines } from "./table.js";

const words = { copied: "copied", "already-there": "already there", failed: "failed" } as const;

function sourcesText({ fetchedBytes, keptBytes, problem }: SyncedNode): string {
  if (problem !== undefined) return problem;
  const kept = keptBytes === 0 ? [] : [`${sizeText(keptBytes)} kept`];
  return [...Object.entries(fetchedBytes).map(([source, bytes]) => `${source} ${sizeText(bytes)}`), ...kept].join(", ");
}

/** What `exoctl model sync` prints: each node, and where its bytes came from. */
export function renderSync(summary: SyncSummary, page: Page): readonly string[] {
  const { colors } = page;
  const what = `${summary.model} · ${countText(summary.files, "file")} · ${sizeText(summary.bytes)}`;
  if (summary.nodes.length === 0) return [`${colors.green("✓")} Every node has it · ${colors.dim(what)}`];
  const rows = summary.nodes.map((node) => [
    { text: node.node },
    { text: words[node.outcome], ...(node.outcome === "failed" ? { paint: colors.red } : {}) },
    { text: sourcesText(node) },
  ]);
  const left = summary.leftOut.length;
  const note = left === 0 ? [] : bullet("  ", `Not copied: ${summary.leftOut.join(", ")}`, page);
  return [...tableLines(["NODE", "OUTCOME", "FROM"], rows, page), "", what, ...note.map(colors.dim)];
}
