import type { Colors } from "picocolors/types.js";
import type { Problem } from "../../runtime/problem.js";
import { plainText } from "./page.js";

/** A problem in words: what is wrong, then what to do. Never a stack trace. Lines of a longer message stay lines. */
export function renderProblem(problem: Problem, colors: Colors): readonly string[] {
  const [first = "", ...others] = problem.message.split("\n").map((line) => plainText(line).trimEnd());
  const hint = problem.hint === undefined ? [] : [`  ${colors.cyan("→")} ${plainText(problem.hint)}`];
  return [`${colors.red("✗")} ${first}`, ...others.map((line) => (line === "" ? "" : `  ${line}`)), ...hint];
}
