import { readFile } from "node:fs/promises";
import type { ClusterSpec } from "../config/cluster-spec.js";
import { readClusterSpec } from "../config/read-cluster-spec.js";
import { Problem } from "../runtime/problem.js";
import { renderConfigIssues } from "./render/config-issues-view.js";

/** The text of a cluster file; an empty one, which means every default, when no file is named. */
export async function readSpecText(file: string | undefined): Promise<string> {
  if (file === undefined) return "apiVersion: exoctl/v1\n";
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Problem(
      "usage",
      "no_cluster_file",
      `can't read ${file}`,
      "Name an existing cluster file with -f; the repository's cluster.yaml is a commented start.",
      { cause },
    );
  }
}

/**
 * Reads and checks a cluster file.
 *
 * @throws Problem of kind `usage` that names every mistake with line, column, path and what was expected.
 */
export async function readSpecFile(file: string | undefined): Promise<ClusterSpec> {
  const text = await readSpecText(file);
  const name = file ?? "(defaults)";
  const read = readClusterSpec(text, name);
  if (read.kind === "ok") return read.spec;
  throw new Problem(
    "usage",
    "bad_cluster_file",
    renderConfigIssues(read.issues, text, name).join("\n"),
    "Correct these and run the command again.",
  );
}
