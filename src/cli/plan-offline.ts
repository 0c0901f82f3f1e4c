import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { planCluster } from "../plan/plan-cluster.js";
import type { PlanResult } from "../plan/plan-result.js";
import { readPlanRequest } from "../plan/read-plan-request.js";
import { Problem } from "../runtime/problem.js";

/**
 * Plans from a file that describes nodes, links and a model; `-` reads standard input.
 *
 * @throws Problem of kind `usage` that names everything that is wrong with the file
 */
export async function planOffline(file: string): Promise<PlanResult> {
  const text = await readFile(file === "-" ? "/dev/stdin" : file, "utf8").catch((cause: unknown) => {
    throw new Problem("usage", "no_inventory", `can't read ${file}`, "Name a file with nodes, links and a model.", {
      cause,
    });
  });
  const read = readPlanRequest(parseDocument(text, file));
  if (read.kind === "ok") return planCluster(read.problem);
  const lines = read.issues.map((issue) => `${file}: ${issue.path === "" ? "(top)" : issue.path}: ${issue.problem}`);
  throw new Problem("usage", "bad_inventory", lines.join("\n"), "Correct these and run the command again.");
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
