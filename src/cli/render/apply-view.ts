import type { ApplySummary } from "../../controller/admin-api.js";
import { countText } from "./amounts.js";
import type { Page } from "./page.js";
import { tableLines } from "./table.js";

/** What `exoctl apply` prints: the steps with their outcomes, or that there was nothing to do. */
export function renderApply(summary: ApplySummary, page: Page): readonly string[] {
  const { colors } = page;
  const generation = colors.dim(`generation ${summary.generation}`);
  if (summary.steps.length === 0) return [`${colors.green("✓")} Nothing to change · ${generation}`];
  const rows = summary.steps.map(({ action, node, outcome }) => [
    { text: action },
    { text: node ?? "-" },
    { text: outcome, ...(outcome.startsWith("failed") ? { paint: colors.red } : {}) },
  ]);
  const end = summary.changed ? `${countText(summary.steps.length, "step")}` : "Nothing changed";
  return [...tableLines(["ACTION", "NODE", "OUTCOME"], rows, page), "", `${end} · ${generation}`];
}
