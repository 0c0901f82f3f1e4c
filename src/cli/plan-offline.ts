import { readFile } from "node:fs/promises";
import { parse } from "yaml";
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

function parseDocument(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "not YAML";
    throw new Problem(
      "usage",
      "bad_inventory",
      `${file} is neither YAML nor JSON: ${reason}`,
      "Correct it and run the command again.",
      { cause },
    );
  }
}
