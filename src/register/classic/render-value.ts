import type { Shape } from "./classic-entry.js";
import type { DictLayout } from "./dict-layout.js";

/** Where a value is written: behind so many blanks at the start of its line, with these line breaks. */
export interface Place {
  readonly indent: string;
  readonly lineBreak: string;
}

export const quoteText = (text: string, quote: DictLayout["quote"]): string =>
  quote + text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`) + quote;

/** A value as Python. A dict is written in the layout, the dicts in it in theirs. */
export function renderValue(shape: Shape, layout: DictLayout, place: Place): string {
  if (typeof shape === "number") return String(shape);
  if (typeof shape === "string") return quoteText(shape, layout.quote);
  const { lines, pads, comma, trailing } = layout;
  const within: Place = { ...place, indent: place.indent + layout.step };
  const items = shape.map(([key, value]) => renderItem(key, value, layout, within));
  if (lines === "one") return `{${pads[0]}${items.join(comma)}${trailing}${pads[1]}}`;
  const start = place.lineBreak + within.indent;
  return `{${start}${items.join(`,${start}`)}${trailing}${place.lineBreak}${place.indent}}`;
}

/** `key: value`, in the layout of the dict that it stands in. */
export const renderItem = (key: string, value: Shape, layout: DictLayout, place: Place): string =>
  `${quoteText(key, layout.quote)}${layout.colon}${renderValue(value, layout.inner ?? layout, place)}`;
