import type { ClassicEntry } from "../register/classic/classic-entry.js";
import type { ClassicFiles, ModelsPy } from "../register/classic/classic-files.js";
import { digestOf, madeEdits, type RegistryEdit } from "../register/classic/edit-history.js";
import { type Edited, editModelsPy } from "../register/classic/edit-models-py.js";
import { blocking, findFaults } from "../register/classic/find-faults.js";
import type { Finding } from "../register/classic/finding.js";
import type { ClassicModelFiles } from "../register/classic/installation.js";
import type { ClassicAddReport } from "./classic-entry-report.js";

export interface AddClassicRequest {
  readonly entry: ClassicEntry;
  /** The model as people call it, such as `gpt-oss-120b`. */
  readonly model: string;
  /** What is known of the model where its files are not on this machine. */
  readonly usualFiles: ClassicModelFiles;
  /** Codes of faults that the admin knows about and takes on. */
  readonly accepted: readonly string[];
  readonly whenDifferent: "report" | "replace";
  readonly effect: "write" | "show";
}

/**
 * Adds a model to the registry of an exo 0.0.x. Faults of the circulating recipe are looked for first: while one stands that
 * makes the model useless, nothing is written.
 */
export async function addClassicEntry(files: ClassicFiles, request: AddClassicRequest): Promise<ClassicAddReport> {
  const { entry } = request;
  const findings = await faultsOf(files, request);
  const report = { file: files.installation.modelsPy, entry, findings, diff: [], refusals: [] };
  const current = await files.read();
  if (current.kind === "refused") return { ...report, outcome: "refused", refusals: current.reasons };
  const edit = editModelsPy(current.text, entry, request.whenDifferent);
  if (edit.kind === "refused") return { ...report, outcome: "refused", refusals: edit.reasons };
  const isBlocked = blocking(findings, request.accepted).length > 0;
  if (edit.kind === "unchanged") return { ...report, outcome: isBlocked ? "blocked" : "unchanged" };
  const seen = { ...report, diff: edit.diff };
  if (isBlocked) return { ...seen, outcome: "blocked" };
  if (edit.kind === "differs") return { ...seen, outcome: "differs" };
  if (request.effect === "show") return { ...seen, outcome: "would-write" };
  const { history, made } = recorded(current, entry.id, edit);
  const written = await files.write({ before: made.before, text: edit.text, history });
  if (written.kind === "refused") return { ...seen, outcome: "refused", refusals: written.reasons };
  return { ...seen, outcome: edit.change, backup: made.backup };
}

async function faultsOf(files: ClassicFiles, request: AddClassicRequest): Promise<readonly Finding[]> {
  const { entry, model, usualFiles } = request;
  return findFaults({
    entry,
    model,
    installation: files.installation,
    files: (await files.modelFiles(entry.repo)) ?? usualFiles,
    repoFolder: await files.repoFolder(entry.repo),
  });
}

/** The history with this edit at its end. The copy's name is made of what it holds, so two of one name are the same. */
function recorded({ text, history }: ModelsPy, id: string, { text: after, edits }: Edited) {
  const before = digestOf(text);
  const backup = `models.py.exoctl-${before.slice(0, 16)}.orig`;
  const made: RegistryEdit = { id, before, after: digestOf(after), edits, backup };
  return { made, history: [...madeEdits(history, before), made] };
}
