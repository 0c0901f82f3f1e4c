import picocolors from "picocolors";
import type { Colors } from "picocolors/types.js";

export type OutputFormat = "text" | "json" | "yaml";

/** Colours for a stream: only on a terminal, never with NO_COLOR. */
export function palette(stream: NodeJS.WriteStream): Colors {
  const wanted = stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  return picocolors.createColors(wanted);
}

/** Columns to draw for: the terminal's, or 100 where there is none. */
export const widthOf = (stream: NodeJS.WriteStream): number => (stream.isTTY === true ? stream.columns : 100);

/** Prints a result on standard output in the format asked for; `render` is only called for text. */
export async function printResult(
  value: unknown,
  format: OutputFormat,
  render: () => readonly string[],
): Promise<void> {
  const texts = {
    json: () => JSON.stringify(value, null, 2),
    yaml: async () => (await import("yaml")).stringify(value).trimEnd(),
    text: () => render().join("\n"),
  };
  process.stdout.write(`${await texts[format]()}\n`);
}
