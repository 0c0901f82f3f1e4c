import type { ClassicRemoveReport } from "../cluster/classic-report.js";
import type { ClassicRemoveWish } from "../cluster/classic-wish.js";
import type { ClassicFiles } from "../register/classic/classic-files.js";
import { digestOf, revertEdits } from "../register/classic/edit-history.js";
import { changedSinceShown } from "./classic-expectation.js";

/**
 * Takes a model that we have added out of the registry of an exo 0.0.x: the file is then byte for byte what it was before, or
 * untouched when somebody else has changed it since.
 */
export async function removeClassicEntry(files: ClassicFiles, wish: ClassicRemoveWish): Promise<ClassicRemoveReport> {
  const { id, effect } = wish;
  const report = { file: files.installation.modelsPy, id, diff: [], refusals: [] };
  const current = await files.read();
  if (current.kind === "refused") return { ...report, outcome: "refused", refusals: current.reasons };
  const before = digestOf(current.text);
  const changed = changedSinceShown(before, wish.expected);
  if (changed.length > 0) return { ...report, outcome: "refused", refusals: changed };
  const reverted = revertEdits(current.text, current.history, id, wish.until);
  if (reverted.kind === "refused") return { ...report, outcome: "refused", refusals: reverted.reasons };
  const { diff } = reverted;
  const digests = { before, after: digestOf(reverted.text) };
  if (effect === "show") return { ...report, diff, digests, outcome: "would-write" };
  const written = await files.write({ before, text: reverted.text, history: reverted.history });
  if (written.kind === "refused") return { ...report, outcome: "refused", refusals: written.reasons };
  return { ...report, diff, digests, outcome: "removed" };
}
