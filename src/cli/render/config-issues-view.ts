import type { ConfigIssue } from "../../config/config-issue.js";
import { countText } from "./amounts.js";
import { textWidth } from "./page.js";

const longestSource = 100;

/** The line an issue is on with a caret under its column. Long lines are shown around the column. */
function sourceLines(issue: ConfigIssue, lines: readonly string[]): readonly string[] {
  const source = (lines[issue.line - 1] ?? "").replaceAll("\t", " ").trimEnd();
  if (source.trim() === "") return [];
  const from = issue.column > longestSource ? issue.column - longestSource / 2 : 0;
  const margin = `${issue.line} | `.padStart(8);
  const before = source.slice(from, Math.max(from, issue.column - 1));
  return [`${margin}${source.slice(from, from + longestSource)}`, `${" ".repeat(margin.length + textWidth(before))}^`];
}

/**
 * Every mistake of a cluster file as `file:line:column  path: expected …, found …`, each with its line and a caret.
 *
 * @param text of the file, for the source lines
 */
export function renderConfigIssues(issues: readonly ConfigIssue[], text: string, fileName: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  const body = issues.flatMap((issue) => {
    const path = issue.path === "" ? "" : `${issue.path}: `;
    return [
      `${fileName}:${issue.line}:${issue.column}  ${path}expected ${issue.expected}, ${issue.problem}`,
      ...sourceLines(issue, lines),
    ];
  });
  return [`${fileName} has ${countText(issues.length, "mistake")}:`, ...body];
}
