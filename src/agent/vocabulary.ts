import { resolve } from "node:path";
import type { VocabularyReport } from "../cluster/node-report.js";
import { vocabulary } from "../models/vocabulary.js";

import type { ProgramSpec } from "./process-host.js";

/** The vocabulary file on this disk. */
export interface VocabularyFiles {
  /** The agent's own folder for it, absolute. */
  readonly folder: string;
  /** Sees to a good file in the own folder, written anew when it is missing or damaged. Rejects when it can't be written. */
  ensure(): Promise<void>;
  /** Whether a folder holds the file, byte for byte. */
  check(folder: string): Promise<"good" | "missing" | "damaged">;
}

/** What exo on this machine gets to see of the vocabulary. */
export interface NodeVocabulary {
  /** What to add to the environment of the exo that this agent starts. */
  readonly env: Readonly<Record<string, string>>;
  /** @param startedBy who starts exo here: of an environment that others made nothing is known */
  report(startedBy: "agent" | "others"): Promise<VocabularyReport>;
}

/**
 * Makes the vocabulary ready before exo is started. A setting of the admin's wins and is only checked. The variable is never
 * set to a folder without a good file: exo would then not even look on the internet.
 *
 * @param program the exo that this agent starts, if it starts one
 */
export async function prepareVocabulary(
  files: VocabularyFiles,
  program: Pick<ProgramSpec, "env" | "cwd"> | undefined,
): Promise<NodeVocabulary> {
  const { variable, fileName } = vocabulary;
  const chosen = program?.env[variable];
  const failure = await ensured(files);
  const exportLine = `export ${variable}=${JSON.stringify(files.folder)}`;
  const helps = failure === undefined ? `; \`${exportLine}\` before exo is started gives it the one of this agent` : "";
  const own = async (): Promise<VocabularyReport> => {
    if (failure !== undefined)
      return { state: "missing", note: `the agent could not write ${fileName} when it started (${failure})` };
    const later = await ensured(files);
    if (later === undefined) return { state: "ready", note: files.folder };
    return { state: "missing", note: `${fileName} in ${files.folder} is gone and can't be written (${later})` };
  };
  const ofAdmin = async (folder: string): Promise<VocabularyReport> => {
    const found = await files.check(folder);
    if (found === "good") return { state: "ready", note: folder };
    return {
      state: "missing",
      note: `${variable} is set to ${folder}, where ${fileName} is ${found}, and exo looks nowhere else`,
    };
  };
  return {
    env: chosen === undefined && failure === undefined ? { [variable]: files.folder } : {},
    report: async (startedBy) => {
      if (startedBy === "others") return { state: "unknown", note: `exo was not started by this agent${helps}` };
      return chosen === undefined ? await own() : await ofAdmin(resolve(program?.cwd ?? "/", chosen));
    },
  };
}

/** Undefined when there is a good file, else why not. */
async function ensured(files: VocabularyFiles): Promise<string | undefined> {
  try {
    await files.ensure();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
