import { applyEdits, type TextEdit } from "./text-edit.js";

const context = 3;

/** Half-open range of lines that an edit touches, before and after. */
interface Change {
  readonly old: readonly [number, number];
  readonly new: readonly [number, number];
}

/** A unified diff of the edits, as lines; line breaks are not shown. Empty when there are none. */
export function diffOfEdits(text: string, edits: readonly TextEdit[]): readonly string[] {
  const after = applyEdits(text, edits);
  if (after === undefined || edits.length === 0) return [];
  const [oldLines, newLines] = [linesOf(text), linesOf(after)];
  return hunksOf(changesOf(text, after, edits)).flatMap((hunk) => hunkLines(hunk, oldLines, newLines));
}

const linesOf = (text: string): readonly string[] => text.split(/\r\n|\n|\r/);

function changesOf(text: string, after: string, edits: readonly TextEdit[]): readonly Change[] {
  let shift = 0;
  return edits.map(({ at, removed, inserted }) => {
    const start = at + shift;
    shift += inserted.length - removed.length;
    return {
      old: [lineAt(text, at), lineAt(text, at + removed.length) + 1],
      new: [lineAt(after, start), lineAt(after, start + inserted.length) + 1],
    };
  });
}

const lineAt = (text: string, at: number): number => linesOf(text.slice(0, at)).length - 1;

/** Changes that share context are one hunk. */
function hunksOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const hunks: Change[][] = [];
  for (const change of changes) {
    const previous = hunks.at(-1)?.at(-1);
    if (previous !== undefined && change.old[0] - previous.old[1] <= 2 * context) hunks.at(-1)?.push(change);
    else hunks.push([change]);
  }
  return hunks;
}

function hunkLines(
  hunk: readonly Change[],
  oldLines: readonly string[],
  newLines: readonly string[],
): readonly string[] {
  const [first, last] = [hunk[0], hunk.at(-1)];
  if (first === undefined || last === undefined) return [];
  const from = Math.max(0, first.old[0] - context);
  const to = Math.min(oldLines.length, last.old[1] + context);
  const [before, after] = [
    oldLines.slice(from, to),
    newLines.slice(from + first.new[0] - first.old[0], to + last.new[1] - last.old[1]),
  ];
  const body = compare(before, after);
  const head = `@@ -${from + 1},${before.length} +${from + first.new[0] - first.old[0] + 1},${after.length} @@`;
  return [head, ...body];
}

/** Longest common subsequence; hunks are short. */
function compare(before: readonly string[], after: readonly string[]): readonly string[] {
  const rest = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  const at = (left: number, right: number): number => rest[left]?.[right] ?? 0;
  for (let left = before.length - 1; left >= 0; left -= 1)
    for (let right = after.length - 1; right >= 0; right -= 1) {
      const row = rest[left];
      const same = before[left] === after[right];
      if (row !== undefined)
        row[right] = same ? at(left + 1, right + 1) + 1 : Math.max(at(left + 1, right), at(left, right + 1));
    }
  const lines: string[] = [];
  let [left, right] = [0, 0];
  while (left < before.length || right < after.length) {
    if (left < before.length && right < after.length && before[left] === after[right]) {
      lines.push(` ${before[left]}`);
      left += 1;
      right += 1;
    } else if (left < before.length && (right >= after.length || at(left + 1, right) >= at(left, right + 1))) {
      lines.push(`-${before[left]}`);
      left += 1;
    } else {
      lines.push(`+${after[right]}`);
      right += 1;
    }
  }
  return lines;
}
