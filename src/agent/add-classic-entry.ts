import type { Finding } from "../cluster/classic-finding.js";
import type { ClassicAddReport } from "../cluster/classic-report.js";
import type { ClassicAddWish } from "../cluster/classic-wish.js";
import type { ClassicFiles, ModelsPy } from "../register/classic/classic-files.js";
import { digestOf, madeEdits, type RegistryEdit } from "../register/classic/edit-history.js";
import { type Edited, editModelsPy } from "../register/classic/edit-models-py.js";
import { blocking, findFaults } from "../register/classic/find-faults.js";
import { usualFiles } from "../register/classic/usual-files.js";
import { changedSinceShown } from "./classic-expectation.js";

/**
 * Adds a model to the registry of an exo 0.0.x. Faults of the circulating recipe are looked for first: while one stands that
 * makes the model useless, nothing is written.
 */
export async function addClassicEntry(files: ClassicFiles, wish: ClassicAddWish): Promise<ClassicAddReport> {
  const { entry } = wish;
  const findings = await faultsOf(files, wish);
  const report = { file: files.installation.modelsPy, entry, findings, diff: [], refusals: [] };
  const current = await files.read();
  if (current.kind === "refused") return { ...report, outcome: "refused", refusals: current.reasons };
  const before = digestOf(current.text);
  const changed = changedSinceShown(before, wish.expected);
  if (changed.length > 0) return { ...report, outcome: "refused", refusals: changed };
  const edit = editModelsPy(current.text, entry, wish.whenDifferent);
  if (edit.kind === "refused") return { ...report, outcome: "refused", refusals: edit.reasons };
  const isBlocked = blocking(findings, wish.accepted).length > 0;
  const same = { before, after: before };
  if (edit.kind === "unchanged") return { ...report, digests: same, outcome: isBlocked ? "blocked" : "unchanged" };
  const seen = { ...report, digests: same, diff: edit.diff };
  if (isBlocked) return { ...seen, outcome: "blocked" };
  if (edit.kind === "differs") return { ...seen, outcome: "differs" };
  const digests = { before, after: digestOf(edit.text) };
  if (wish.effect === "show") return { ...seen, digests, outcome: "would-write" };
  const { history, made } = recorded(current, entry.id, edit);
  const written = await files.write({ before, text: edit.text, history });
  if (written.kind === "refused") return { ...seen, outcome: "refused", refusals: written.reasons };
  return { ...seen, digests, outcome: edit.change, backup: made.backup };
}

async function faultsOf(files: ClassicFiles, { entry, model }: ClassicAddWish): Promise<readonly Finding[]> {
  return findFaults({
    entry,
    model,
    installation: files.installation,
    files: (await files.modelFiles(entry.repo)) ?? usualFiles(entry.repo, model),
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
