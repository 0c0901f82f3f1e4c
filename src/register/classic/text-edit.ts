/** At `at`, `removed` stood and `inserted` stands now. Offsets count UTF-16 units of the text before all edits of its list. */
export interface TextEdit {
  readonly at: number;
  readonly removed: string;
  readonly inserted: string;
}

/** Edits in the order of the text; those at one place stay in the order in which they were given. */
export const inOrder = (edits: readonly TextEdit[]): readonly TextEdit[] =>
  edits.toSorted((left, right) => left.at - right.at);

/**
 * The text with all edits made.
 *
 * @returns undefined when the text does not hold what an edit would remove
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): string | undefined {
  const parts: string[] = [];
  let from = 0;
  for (const { at, removed, inserted } of edits) {
    if (at < from || text.slice(at, at + removed.length) !== removed) return undefined;
    parts.push(text.slice(from, at), inserted);
    from = at + removed.length;
  }
  return [...parts, text.slice(from)].join("");
}

/** What undoes these edits, with offsets of the text after them. */
export function invertEdits(edits: readonly TextEdit[]): readonly TextEdit[] {
  let shift = 0;
  return edits.map(({ at, removed, inserted }) => {
    const edit = { at: at + shift, removed: inserted, inserted: removed };
    shift += inserted.length - removed.length;
    return edit;
  });
}
