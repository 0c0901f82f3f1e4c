import { readFile } from "node:fs/promises";
import { parseDocument as parseYaml, type YAMLError } from "yaml";
import { compoundKey } from "../config/compound-keys.js";
import { planCluster } from "../plan/plan-cluster.js";
import type { PlanProblem } from "../plan/plan-problem.js";
import type { PlanResult } from "../plan/plan-result.js";
import { readPlanRequest } from "../plan/read-plan-request.js";
import { issuesProblem } from "../plan/request-issues.js";
import { answerWhatIf, type WhatIf } from "../plan/what-if.js";
import { Problem } from "../runtime/problem.js";

/**
 * Plans from a file that describes nodes, links and a model; `-` reads standard input.
 *
 * @throws Problem of kind `usage` that names everything that is wrong with the file
 */
export const planOffline = async (file: string): Promise<PlanResult> => planCluster(await readInventory(file));

/**
 * Plans a described cluster as it is and with changes, such as `add=m3ultra-512,remove=studio-2`.
 *
 * @throws Problem of kind `usage` that names everything that is wrong with the file or the changes
 */
export const whatIfOffline = async (file: string, changes: string): Promise<WhatIf> =>
  answerWhatIf(await readInventory(file), changes);

async function readInventory(file: string): Promise<PlanProblem> {
  const text = await readFile(file === "-" ? "/dev/stdin" : file, "utf8").catch((cause: unknown) => {
    throw new Problem("usage", "no_inventory", `can't read ${file}`, "Name a file with nodes, links and a model.", {
      cause,
    });
  });
  const read = readPlanRequest(parseDocument(text, file));
  if (read.kind === "ok") return read.problem;
  throw issuesProblem("bad_inventory", read.issues, `${file}: `);
}

/** Everything in the text that is not proper YAML, unknown tags included, is said at once. */
function parseDocument(text: string, file: string): unknown {
  const document = parseYaml(text, { logLevel: "error" });
  const flaws = [...document.errors, ...document.warnings];
  if (flaws.length > 0) {
    throw issuesProblem(
      "bad_inventory",
      [...new Set(flaws.map(wordFlaw))].map((problem) => ({ path: "", problem })),
      `${file}: `,
    );
  }
  if (compoundKey(document) !== undefined)
    throw issuesProblem("bad_inventory", [{ path: "", problem: "has a list or a mapping as key" }], `${file}: `);
  try {
    return document.toJS();
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    const problem = "its aliases (*name) multiply to more than anybody would write";
    throw issuesProblem("bad_inventory", [{ path: "", problem }], `${file}: `);
  }
}

/** The first line of what the parser says, which ends with line and column; its hints to programmers are replaced. */
function wordFlaw({ code, message }: YAMLError): string {
  const [line = ""] = message.split("\n");
  const where = / at line \d+, column \d+/.exec(line)?.[0] ?? "";
  if (code === "MULTIPLE_DOCS") return `holds several documents; expected one${where}`;
  if (line.includes("call stack")) return "is nested too deeply";
  return line.replace(/:$/, "");
}
