import picocolors from "picocolors";
import type { Colors } from "picocolors/types.js";
import { escapeControls, escapeJson } from "../runtime/escape-controls.js";

export type OutputFormat = "text" | "json" | "yaml";

/** Colours for a stream: only on a terminal, never with NO_COLOR. */
export function palette(stream: NodeJS.WriteStream): Colors {
  const wanted = stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  return picocolors.createColors(wanted);
}

/** Columns to draw for: the terminal's, or 100 where there is none. */
export const widthOf = (stream: NodeJS.WriteStream): number => (stream.isTTY === true ? stream.columns : 100);

/** The colours that `palette` draws with. Text of others that forges one of them can at worst be colourful, up to its line's end. */
const escapeCharacter = "\u001b";
const ownColors = new RegExp(`(${escapeCharacter}\\[(?:[0-4]|2[234]|[34][0-79]|9[0-7]|10[0-7])m)`);
const reset = `${escapeCharacter}[0m`;

/**
 * Lines as a terminal may have them, whatever the text in them came from: everything else that acts on a terminal is written out.
 * Views do that to names already; this is for those that forget it.
 */
export function printable(lines: readonly string[], colors: Pick<Colors, "isColorSupported">): string {
  if (!colors.isColorSupported) return lines.map((line) => escapeControls(line)).join("\n");
  return lines
    .map((line) => {
      const parts = line.split(ownColors);
      // What was split at stands at the odd places.
      const text = parts.map((part, index) => (index % 2 === 1 ? part : escapeControls(part))).join("");
      return parts.length > 1 ? text + reset : text;
    })
    .join("\n");
}

/** Text that streams in from elsewhere, such as a model's answer: line breaks and tabs are part of it. */
export const printableText = (text: string): string => escapeControls(text, "\n\t");

/** Prints a result on standard output in the format asked for; `render` is only called for text. */
export async function printResult(
  value: unknown,
  format: OutputFormat,
  render: () => readonly string[],
): Promise<void> {
  const texts = {
    json: () => escapeJson(JSON.stringify(value, null, 2)),
    yaml: async () => (await import("yaml")).stringify(value).trimEnd(),
    text: () => printable(render(), palette(process.stdout)),
  };
  process.stdout.write(`${await texts[format]()}\n`);
}
