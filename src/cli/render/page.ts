import { stripVTControlCharacters } from "node:util";
import type { Colors } from "picocolors/types.js";

/** What a view draws on: so many columns, with or without colour. */
export interface Page {
  readonly width: number;
  readonly colors: Colors;
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const invisible = /\p{Mn}|\p{Cf}/u;

const columnsOf = (character: string): number => (invisible.test(character) ? 0 : wide.test(character) ? 2 : 1);

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  return [...stripVTControlCharacters(text)].reduce((sum, character) => sum + columnsOf(character), 0);
}

/** Text from elsewhere (node names, exo's own words) in a form that can't move the cursor or forge colours. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}]+/gu, " ");
}

/** Shortens plain text to so many columns, with an ellipsis. */
export function cutText(text: string, width: number): string {
  const plain = plainText(text);
  if (textWidth(plain) <= width) return plain;
  let kept = "";
  for (const character of plain) {
    if (textWidth(kept) + columnsOf(character) > width - 1) break;
    kept += character;
  }
  return width < 1 ? "" : `${kept}…`;
}

/** Fills a text, coloured or not, with spaces up to so many columns. */
export const padText = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - textWidth(text)));

/** Cuts and fills: exactly so many columns. */
export const fitText = (text: string, width: number): string => padText(cutText(text, width), width);

/**
 * Breaks plain text into lines of at most so many columns, at spaces; a longer word keeps a line of its own. Line breaks of the
 * text stay.
 */
export function wrapText(text: string, width: number): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const lines: string[] = [];
    let current = "";
    for (const word of plainText(line).trim().split(/ +/)) {
      const longer = current === "" ? word : `${current} ${word}`;
      if (current !== "" && textWidth(longer) > width) {
        lines.push(current);
        current = word;
      } else current = longer;
    }
    return [...lines, current];
  });
}

/** Wrapped text behind a marker: the first line carries the marker, the others are indented under it. */
export function bullet(marker: string, text: string, page: Page): readonly string[] {
  const indent = textWidth(marker);
  const [first = "", ...others] = wrapText(text, Math.max(20, page.width - indent));
  return [`${marker}${first}`, ...others.map((line) => " ".repeat(indent) + line)];
}
