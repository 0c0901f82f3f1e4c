/*
 * Characters of other people's text that act on whoever shows it: control characters (line breaks, and what begins the escape
 * sequences of terminals), marks that turn the direction of the text around, separators that some programs break lines at, and the
 * byte order mark. The joiners that emoji are made of are none of these.
 */
const acting = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** The text with such characters written as `\u001b`. @param keep those that may stay, such as `\n` */
export const escapeControls = (text: string, keep = ""): string =>
  text.replace(acting, (character) => (keep.includes(character) ? character : escaped(character)));

/** The same for a value as JSON, which stays the same value: JSON leaves some of these characters as they are in its strings. */
export const escapeJson = (json: string): string => escapeControls(json, "\n");
