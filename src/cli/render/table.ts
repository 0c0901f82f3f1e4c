import Table from "cli-table3";
import { type Page, plainText, textWidth, wrapText } from "./page.js";

/** A cell: the text as measured, and how it is coloured afterwards. */
export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

const gap = 2;
const leastLastColumn = 16;
const none = { top: "", left: "", right: "", bottom: "", middle: " ".repeat(gap), mid: "" };
const chars = {
  top: none.top,
  "top-mid": none.top,
  "top-left": none.top,
  "top-right": none.top,
  bottom: none.bottom,
  "bottom-mid": none.bottom,
  "bottom-left": none.bottom,
  "bottom-right": none.bottom,
  left: none.left,
  "left-mid": none.left,
  mid: none.mid,
  "mid-mid": none.mid,
  right: none.right,
  "right-mid": none.right,
  middle: none.middle,
};

/** Widths of the columns: what they need, cut evenly from the longest where the page is too narrow; the last one wraps. */
function columnWidths(rows: readonly (readonly string[])[], width: number): readonly number[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => textWidth(row[column] ?? ""))),
  );
  const room = width - gap * (columns - 1);
  for (;;) {
    const used = widths.reduce((sum, each) => sum + each, 0);
    if (used <= room) return widths;
    const last = widths[columns - 1] ?? 0;
    const longest = Math.max(...widths.slice(0, -1));
    const shrinkLast = last > leastLastColumn || longest <= 4;
    const index = shrinkLast ? columns - 1 : widths.indexOf(longest);
    const next = (widths[index] ?? 0) - 1;
    if (next < 1) return widths;
    widths[index] = next;
  }
}

/** A table without lines between its cells, as `kubectl` prints it. The last column wraps, the others are cut. */
export function tableLines(head: readonly string[], rows: readonly (readonly Cell[])[], page: Page): readonly string[] {
  const texts = rows.map((row) => row.map((cell) => plainText(cell.text)));
  const widths = columnWidths([head, ...texts], page.width);
  const last = head.length - 1;
  const table = new Table({
    head: head.map((title) => page.colors.dim(title)),
    colWidths: [...widths],
    chars,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
  });
  for (const [index, row] of rows.entries()) {
    table.push(
      row.map(({ paint = String }, column) => {
        const text = texts[index]?.[column] ?? "";
        const lines = column === last ? wrapText(text, widths[column] ?? leastLastColumn) : [text];
        return lines.map((line) => paint(line)).join("\n");
      }),
    );
  }
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}
