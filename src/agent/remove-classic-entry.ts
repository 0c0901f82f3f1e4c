import type { ClassicFiles } from "../register/classic/classic-files.js";
import { digestOf, revertEdits } from "../register/classic/edit-history.js";
import type { ClassicRemoveReport } from "./classic-entry-report.js";

/**
 * Takes a model that we have added out of the registry of an exo 0.0.x: the file is then byte for byte what it was before, or
 * untouched when somebody else has changed it since.
 */
export async function removeClassicEntry(
  files: ClassicFiles,
  id: string,
  effect: "write" | "show",
): Promise<ClassicRemoveReport> {
  const report = { file: files.installation.modelsPy, id, diff: [], refusals: [] };
  const current = await files.read();
  if (current.kind === "refused") return { ...report, outcome: "refused", refusals: current.reasons };
  const reverted = revertEdits(current.text, current.history, id);
  if (reverted.kind === "refused") return { ...report, outcome: "refused", refusals: reverted.reasons };
  const { diff } = reverted;
  if (effect === "show") return { ...report, diff, outcome: "would-write" };
  const change = { before: digestOf(current.text), text: reverted.text, history: reverted.history };
  const written = await files.write(change);
  if (written.kind === "refused") return { ...report, outcome: "refused", refusals: written.reasons };
  return { ...report, diff, outcome: "removed" };
}
