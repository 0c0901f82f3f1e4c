import type { ListedModel } from "../inspect-folder.js";
import { sizeText } from "./amounts.js";
import { bullet, type Page } from "./page.js";
import { tableLines } from "./table.js";

/** What `exoctl model list --folder` prints. */
export function renderModelFolders(models: readonly ListedModel[], page: Page): readonly string[] {
  if (models.length === 0) return bullet("  ", "No folder in there holds a model.", page);
  const { colors } = page;
  const rows = models.map(({ name, verdict, exoComplete, quantization, bytes, problem }) => [
    { text: name },
    { text: verdict, paint: verdict === "complete" ? colors.green : colors.yellow },
    { text: exoComplete ? "yes" : "no" },
    { text: quantization ?? "unknown" },
    { text: sizeText(bytes) },
    { text: problem ?? "", paint: colors.dim },
  ]);
  return tableLines(["MODEL", "FILES", "EXO", "QUANTISATION", "SIZE", "PROBLEM"], rows, page);
}
