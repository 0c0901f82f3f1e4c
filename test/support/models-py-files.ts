import { seededRandom } from "./random-clusters.js";

/** A generated `models.py`, and what was decided about it. */
export interface ModelsPyCase {
  readonly text: string;
  /** What the file says about the entry before the edit. */
  readonly about: "nothing" | "the same" | "something else" | "the card alone";
  readonly lineBreaks: "LF" | "CRLF" | "mixed";
}

export const generatedEntry = {
  id: "oss-120b",
  layers: 36,
  engine: "mlx",
  repo: "mlx-community/gpt-oss-120b-MXFP4-Q8",
  label: "GPT-OSS 120B «größer» 🦙 'q' \"d\" \\ end",
} as const;

/** Chance with words for what a file needs; one per file. */
function createHand(seed: number) {
  const random = seededRandom(seed);
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const often = (share: number): boolean => random() < share;
  const count = (most: number): number => Math.floor(random() * (most + 1));
  const comments = often(0.7) ? 0.25 : 0;
  const usualQuote = one(["'", '"']);
  const quotesMix = often(0.3);
  const unit = one(["  ", "    ", "\t", "   ", " "]);
  const words = ["llama-3.2-1b", "größe", "模型", "🦙", "a#b", "x{y}", "z, w:", "# no comment", "model_cards = {"];
  const quote = (): string => (quotesMix ? one(["'", '"']) : usualQuote);
  const text = (value: string): string => {
    const mark = quote();
    return `${mark}${value.replaceAll("\\", "\\\\").replaceAll(mark, `\\${mark}`)}${mark}`;
  };
  const comment = (): string => `# ${one(["", "note", "größe", "模型 🦙", '"oss-120b": {', "}", "'", '"""', "{ [ ("])}`;
  /** A comment now and then, at the end of a line. */
  const tail = (): string => (often(comments) ? `${one(["  ", " ", ""])}${comment()}` : "");
  return { random, one, often, count, comments, unit, words, text, comment, tail };
}

type Hand = ReturnType<typeof createHand>;

/** Keys and values that say nothing about our entry. */
function otherKey(hand: Hand, index: number): string {
  const { one, text } = hand;
  return one([
    () => text(`${one(hand.words)}-${index}`),
    () => text(`m${index}`),
    () => `u${text(`u${index}`)}`,
    () => `r${text(`raw${index}`)}`,
    () => `${text("joined")} ${text(`-${index}`)}`,
    () => `"\\x41\\u00e9-${index}"`,
    () => String(index + 7),
    () => `(${index}, "pair")`,
    () => `b"bytes${index}"`,
    () => '"twice"',
  ])();
}

function plainValue(hand: Hand): string {
  const { one, text } = hand;
  return one([
    () => String(hand.count(100)),
    () => text(one(hand.words)),
    () => "None",
    () => "(1, 'two', {'three': 3},)",
    () => "[x for x in range(3)]",
    () => "-1.5e3",
    () => "lambda card, *rest: {**card}",
    () => `f"{1 + 1}-{'a'}"`,
    () => `"""long${hand.often(0.5) ? "\n" : " "}text: }"""`,
    () => "1 + \\\n 2",
    () => "(\n# inside\n3)",
    () => '{"a": {}}',
  ])();
}

type Pairs = readonly (readonly [string, string | Pairs])[];

const card = (hand: Hand, layers: number, repo: string): Pairs => [
  [hand.text("layers"), String(layers)],
  [hand.text("repo"), [[hand.text("MLXDynamicShardInferenceEngine"), hand.text(repo)]]],
];

/** A dict as somebody might write it: on one line, hanging, or item by item, with comments wherever there is room. */
function writeDict(hand: Hand, pairs: Pairs, base: string, depth = 0): string {
  const { one, often, unit } = hand;
  const style = pairs.length === 0 ? one(["one", "one", "open"]) : one(["one", "items", "items", "items", "hanging"]);
  const trailing = pairs.length > 0 && often(0.5) ? `${one(["", " "])},` : "";
  const colon = one([": ", ": ", ":", " : "]);
  const inner = base + unit;
  const item = ([key, value]: Pairs[number], indent: string): string =>
    `${key}${colon}${typeof value === "string" ? value : writeDict(hand, value, indent, depth + 1)}`;
  if (style === "open") return `{${hand.tail()}\n${inner}${hand.comment()}\n${base}}`;
  if (style === "one") {
    const pad = one(["", " "]);
    return `{${pairs.length === 0 ? "" : pad}${pairs.map((pair) => item(pair, base)).join(one([", ", ","]))}${trailing}${pad}}`;
  }
  const lines = pairs.map((pair, index) => {
    const isLast = index === pairs.length - 1;
    const before = often(hand.comments) ? `${inner}${hand.comment()}\n${often(0.3) ? "\n" : ""}` : "";
    const indent = style === "hanging" && index === 0 ? "" : inner;
    const prefix = indent === "" ? "" : before;
    return `${prefix}${indent}${item(pair, inner)}${isLast ? trailing : ","}${hand.tail()}`;
  });
  const end = often(hand.comments) ? `\n${one([inner, base, ""])}${hand.comment()}` : "";
  const last = lines.at(-1) ?? "";
  const isOpenEnd = end === "" && !last.slice(last.lastIndexOf("\n") + 1).includes("#") && often(0.2);
  const close = isOpenEnd ? one(["", " "]) : `${end}\n${one([base, base, inner])}`;
  return `{${style === "hanging" ? "" : `${hand.tail()}\n`}${lines.join("\n")}${close}}`;
}

function writeDefinition(hand: Hand, name: string, pairs: Pairs): string {
  const { one } = hand;
  const [open, close] = one([["", ""] as const, ["", ""] as const, ["(", ")"] as const, ["(\n  ", "\n)"] as const]);
  const type = one(["", "", ": dict", ": dict[str, dict]"]);
  return `${name}${type} ${one(["=", " =", "=  "])} ${open}${writeDict(hand, pairs, "")}${close}${one(["", "", ";", "; extra = 1"])}${hand.tail()}`;
}

/** Code that stands around the dicts and must stay as it is. */
const surroundings = [
  "from exo.inference.shard import Shard\nfrom typing import Optional, List",
  '"""About models: {"oss-120b": {"layers": 1}} \\\n and model_cards["x"] = 1"""',
  "other_cards = {\n  'oss-120b': {'layers': 1, 'repo': {}},\n}",
  "def get_repo(model_id: str, engine: str) -> Optional[str]:\n  return model_cards.get(model_id, {}).get('repo', {}).get(engine, None)",
  "class Größe:\n    '''doc'''\n    cards = {'oss-120b': 1}\n    @property\n    def x(self): return {**model_cards}",
  "names = [id for id in model_cards if id not in pretty_name]",
  "for each in model_cards.values():\n\tprint(f'{each!r:>10} {len(model_cards)}')",
  "if __name__ == '__main__':\n    print(sorted(model_cards), pretty_name.keys())",
  "async def f(a, /, b, *, c=1):\n    async with a as b:\n        yield {k: v async for k, v in b if (n := len(k)) > 1}",
  "total = sum(card['layers'] for card in model_cards.values() if 'layers' in card)",
  "try:\n  pass\nexcept (ValueError, TypeError) as error:\n  raise RuntimeError from error\nfinally:\n  del total",
  "# 模型 🦙 { \" ' \\",
  "\f",
  "x = 1 if model_cards else \\\n    2",
];

/** What the two dicts say besides, with our entry at some place if it is there. */
function pairsOf(hand: Hand, kind: "model_cards" | "pretty_name", about: ModelsPyCase["about"]): Pairs {
  const { one, often } = hand;
  const pairs = Array.from({ length: one([0, 1, 2, 3, 6]) }, (_, index): Pairs[number] => {
    const isCard = kind === "model_cards" && often(0.7);
    return [otherKey(hand, index), isCard ? card(hand, 1 + hand.count(90), "owner/name") : plainValue(hand)];
  });
  const isSame = about === "the same" || about === "the card alone";
  const ours: Pairs[number] = [
    one([hand.text(generatedEntry.id), "'oss' '-120b'", '"\\x6fss-120b"']),
    kind === "pretty_name"
      ? hand.text(isSame ? generatedEntry.label : "another label")
      : card(hand, isSame ? 36 : 35, generatedEntry.repo),
  ];
  const isThere = about === "nothing" ? false : about === "the card alone" ? kind === "model_cards" : true;
  if (!isThere) return pairs;
  const at = hand.count(pairs.length);
  return [...pairs.slice(0, at), ours, ...pairs.slice(at)];
}

function withLineBreaks(hand: Hand, text: string, lineBreaks: ModelsPyCase["lineBreaks"]): string {
  if (lineBreaks === "LF") return text;
  return text.replaceAll("\n", () => (lineBreaks === "CRLF" || hand.often(0.5) ? "\r\n" : "\n"));
}

/** The generated file of a seed; always the same one. */
export function modelsPyCase(seed: number): ModelsPyCase {
  const hand = createHand(seed);
  const { one, often } = hand;
  const about = one(["nothing", "nothing", "nothing", "the same", "something else", "the card alone"] as const);
  const around = (): readonly string[] => Array.from({ length: hand.count(3) }, () => one(surroundings));
  const dicts = [
    writeDefinition(hand, "model_cards", pairsOf(hand, "model_cards", about)),
    writeDefinition(hand, "pretty_name", pairsOf(hand, "pretty_name", about)),
  ];
  const [first = "", second = ""] = often(0.8) ? dicts : dicts.toReversed();
  const parts = [...around(), first, ...around(), second, ...around()];
  const start = one(["", "", "", "# -*- coding: utf-8 -*-\n", "#!/usr/bin/env python3\n# größe\n"]);
  const text = start + parts.join(one(["\n", "\n\n"])) + (often(0.85) ? "\n" : "");
  const lineBreaks = one(["LF", "LF", "CRLF", "CRLF", "mixed"] as const);
  return { text: (often(0.05) ? "\ufeff" : "") + withLineBreaks(hand, text, lineBreaks), about, lineBreaks };
}
