import type { Replica } from "../../plan/plan-result.js";
import { millisText } from "./amounts.js";
import { fitText, type Page, textWidth } from "./page.js";

const longestBar = 32;
const longestName = 24;

/** Where the time of one decode step goes: a bar for each stage and one for the hops. Empty where it is not known. */
export function renderStepTimes({ stages, stageSec, hopsSec = 0, sharding }: Replica, page: Page): readonly string[] {
  if (stageSec === undefined || stages.length === 0) return [];
  const rows = stages.map(({ node }, rank) => [node, stageSec[rank] ?? 0] as const);
  const hops = stages.length > 1 ? [[sharding === "tensor" ? "reductions" : "hops", hopsSec] as const] : [];
  const all = [...rows, ...hops];
  const longest = Math.max(...all.map(([, sec]) => sec));
  const name = Math.min(longestName, Math.max(...all.map(([text]) => textWidth(text))));
  const width = Math.max(1, Math.min(longestBar, page.width - name - 16));
  return all.map(([text, sec]) => {
    const bar = "█".repeat(Math.max(1, Math.round((sec / longest) * width))).padEnd(width);
    return `  ${fitText(text, name)}  ${page.colors.dim(bar)} ${millisText(sec).padStart(8)}`;
  });
}
