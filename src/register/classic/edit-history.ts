import { createHash } from "node:crypto";
import { diffOfEdits } from "./line-diff.js";
import { type Refused, refused } from "./refusal.js";
import { applyEdits, invertEdits, type TextEdit } from "./text-edit.js";

/** One edit of ours, as it is kept beside the file. Digests are SHA-256 of the UTF-8 text, hex. */
export interface RegistryEdit {
  readonly id: string;
  readonly before: string;
  readonly after: string;
  readonly edits: readonly TextEdit[];
  /** File name of the copy of the text before. */
  readonly backup: string;
}

export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/**
 * The edits that led to the text with this digest, oldest first. The machine may have stopped between writing an edit down and
 * making it, or between taking edits back and striking them out: those at the end that do not lead here are dropped. All are
 * kept when none leads here, because then somebody else has changed the file.
 */
export function madeEdits(history: readonly RegistryEdit[], digest: string): readonly RegistryEdit[] {
  const last = history.findLastIndex(({ after }) => after === digest);
  if (last >= 0) return history.slice(0, last + 1);
  const next = history.findIndex(({ before }) => before === digest);
  return next < 0 ? history : history.slice(0, next);
}

export type Revert =
  | {
      readonly kind: "reverted";
      readonly text: string;
      readonly history: readonly RegistryEdit[];
      readonly diff: readonly string[];
    }
  | Refused;

/**
 * Takes back every edit of ours about this model: what was inserted goes, what was replaced comes back. Only when the file is
 * byte for byte what we left, so that nothing of anybody else's can be harmed.
 *
 * @param until digest of an earlier text: edits from before it stay
 */
export function revertEdits(text: string, history: readonly RegistryEdit[], id: string, until?: string): Revert {
  let rest = madeEdits(history, digestOf(text));
  if (!rest.some((edit) => edit.id === id)) return refused(notOurs(id));
  let current = text;
  const diff: string[] = [];
  for (let last = rest.at(-1); last?.id === id && digestOf(current) !== until; last = rest.at(-1)) {
    const before = digestOf(current) === last.after ? applyEdits(current, invertEdits(last.edits)) : undefined;
    if (before === undefined || digestOf(before) !== last.before) break;
    diff.push(...diffOfEdits(current, invertEdits(last.edits)));
    current = before;
    rest = rest.slice(0, -1);
  }
  if (until !== undefined && digestOf(current) !== until) return refused(changedSince(rest.at(-1)));
  if (current !== text) return { kind: "reverted", text: current, history: rest, diff };
  const last = rest.at(-1);
  if (last === undefined || last.id === id || digestOf(current) !== last.after) return refused(changedSince(last));
  return refused(laterEdit(id, last.id));
}

const notOurs = (id: string) =>
  ({
    code: "not_ours",
    message: `exoctl has not added ${JSON.stringify(id)} to this file`,
    fix: "Remove it by hand if it should go.",
  }) as const;

const changedSince = (last: RegistryEdit | undefined) =>
  ({
    code: "changed_since",
    message: "the file was changed after exoctl had edited it",
    fix: `Remove the entry by hand${last === undefined ? "" : `, or compare with the copy from before, ${last.backup}`}.`,
  }) as const;

const laterEdit = (id: string, later: string) =>
  ({
    code: "later_edit",
    message: `${JSON.stringify(later)} was added after ${JSON.stringify(id)}`,
    fix: `Remove ${JSON.stringify(later)} first, then this one; add it again afterwards.`,
  }) as const;
