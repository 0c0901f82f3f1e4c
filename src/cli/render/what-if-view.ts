import type { WhatIf } from "../../plan/what-if.js";
import { rateText } from "./amounts.js";
import { bullet, type Page, wrapText } from "./page.js";
import { type PlanView, renderPlan } from "./plan-view.js";

/** What `exoctl plan --what-if` prints: the plan before, the plan after, and what the change brings. */
export function renderWhatIf(result: WhatIf, page: Page, view: PlanView): readonly string[] {
  const { before, after, gain, notes } = result;
  const title = (text: string): string => page.colors.bold(page.colors.cyan(text));
  return [
    title("Before"),
    ...renderPlan(before, page, view),
    "",
    title("After"),
    ...renderPlan(after, page, view),
    "",
    ...wrapText(verdict(result, gain), page.width).map((line) => page.colors.bold(line)),
    ...notes.flatMap((note) => bullet("  · ", note.message, page)),
  ];
}

function verdict({ before, after }: WhatIf, gain: number | null): string {
  if (after.kind === "infeasible") {
    return before.kind === "plan" ? "The model would no longer fit." : "The model would still not fit.";
  }
  if (before.kind === "infeasible") return `The model would fit: ${rateText(after.predicted.decodeTokensPerSec)}.`;
  const change = Math.abs((gain ?? 0) * 100).toFixed(1);
  const rates = `${rateText(before.predicted.aggregateTokensPerSec)} before, ${rateText(after.predicted.aggregateTokensPerSec)} after`;
  if (change === "0.0") return `No change: ${rates}.`;
  return `${change} % ${(gain ?? 0) > 0 ? "better" : "worse"} by the stated objective: ${rates}.`;
}
