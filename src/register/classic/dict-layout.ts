import { type DictItem, type DictParts, dictParts, isBlank, lineIndent } from "./dict-items.js";
import { isLineBreak, type PythonNode, type PythonSource, quoteStart, textOf } from "./python-source.js";

/** How a dict is written. */
export interface DictLayout {
  readonly lines: "one" | "several";
  /** What an item is indented by more than the dict itself. */
  readonly step: string;
  /** Blanks behind `{` and before `}` when they share a line with an item. */
  readonly pads: readonly [string, string];
  readonly colon: string;
  readonly comma: string;
  readonly trailing: "," | "";
  readonly quote: "'" | '"';
  /** How a dict inside this one is written; as this one itself where there is none. */
  readonly inner?: DictLayout;
}

const usualStep = "  ";

/** How a dict literal is written. An empty one tells little, so it takes what is usual. */
export function readLayout(source: PythonSource, node: PythonNode): DictLayout {
  const dict = dictParts(node);
  const inner = dict.items.find(({ value }) => isFilledDict(value))?.value;
  const onLines = dict.items.map(({ key }) => lineIndent(source, key.from)).filter((indent) => indent !== undefined);
  const isOpen = hasLineBreak(source, dict.open.to, dict.close.from);
  return {
    lines: onLines.length > 0 || (dict.items.length === 0 && isOpen) ? "several" : "one",
    step: stepFrom(baseIndent(source, node.from), onLines.at(-1)),
    pads: padsOf(source, dict),
    ...separators(source, dict),
    trailing: dict.trailingComma !== undefined || (dict.items.length === 0 && isOpen) ? "," : "",
    quote: usualQuote(source, dict.items),
    ...(inner === undefined ? {} : { inner: readLayout(source, inner) }),
  };
}

/** Whether this is a dict literal with something in it. */
export const isFilledDict = (node: PythonNode): boolean =>
  node.name === "DictionaryExpression" && dictParts(node).items.length > 0;

/** The blanks that the line of this offset begins with. */
export function baseIndent(source: PythonSource, at: number): string {
  let from = at;
  while (from > 0 && !isLineBreak(source.code[from - 1])) from -= 1;
  let to = from;
  while (isBlank(source.code[to])) to += 1;
  return source.code.slice(from, to);
}

function stepFrom(base: string, indent: string | undefined): string {
  if (indent === undefined || !indent.startsWith(base)) return usualStep;
  return indent.slice(base.length);
}

function hasLineBreak(source: PythonSource, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (isLineBreak(source.code[at])) return true;
  return false;
}

/** What stands between two offsets if it is nothing but blanks; otherwise what is usual. */
function blanks(source: PythonSource, from: number | undefined, to: number | undefined, usual: string): string {
  if (from === undefined || to === undefined) return usual;
  const text = source.code.slice(from, to);
  return [...text].every((character) => character === " ") ? text : usual;
}

const padsOf = (source: PythonSource, { open, close, items, lastEnd, trailingComma }: DictParts) =>
  [
    blanks(source, open.to, items[0]?.key.from, ""),
    blanks(source, trailingComma?.to ?? lastEnd, lastEnd === undefined ? undefined : close.from, ""),
  ] as const;

function separators(source: PythonSource, { items }: DictParts) {
  const [first, second] = items;
  return {
    colon: `${blanks(source, first?.key.to, first?.colon.from, "")}:${blanks(source, first?.colon.to, first?.value.from, " ")}`,
    comma: `,${blanks(source, first?.comma?.to, second?.key.from, " ")}`,
  };
}

/** The quotes that most keys have; those of the whole file where there are no keys. */
function usualQuote(source: PythonSource, items: readonly DictItem[]): "'" | '"' {
  const texts = items.filter(({ key }) => key.name === "String").map(({ key }) => textOf(source, key));
  let single = 0;
  const count = (text: string): void => {
    single += text[quoteStart(text)] === "'" ? 1 : -1;
  };
  if (texts.length > 0) texts.forEach(count);
  else
    source.tree.iterate({
      enter: (node) => {
        if (node.name === "String") count(textOf(source, node.node));
      },
    });
  return single > 0 ? "'" : '"';
}
