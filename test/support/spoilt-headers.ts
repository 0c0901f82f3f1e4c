import { weightFile } from "./fake-model-files.js";

/** The header of one weight file, apart. */
export interface LooseHeader {
  readonly json: string;
  readonly dataBytes: number;
}

export interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

type Entries = Record<string, Entry>;
type Random = () => number;

const pick = <T>(random: Random, items: readonly T[]): T => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
};
const upTo = (random: Random, most: number): number => 1 + Math.floor(random() * most);

/** Edits members of the header, of one tensor mostly. */
const editing =
  (edit: (entry: Entry, entries: Entries, name: string, random: Random) => void) =>
  ({ json, dataBytes }: LooseHeader, random: Random) => {
    const entries = JSON.parse(json) as Entries;
    const name = pick(
      random,
      Object.keys(entries).filter((each) => each !== "__metadata__"),
    );
    const entry = entries[name];
    if (entry !== undefined) edit(entry, entries, name, random);
    return weightFile(JSON.stringify(entries), dataBytes);
  };

/** Puts text where the entry of some tensor begins. */
const inserting =
  (text: (literal: string) => string) =>
  ({ json, dataBytes }: LooseHeader, random: Random) => {
    const literals = [...json.matchAll(/"[^"]+":\{"dtype"/g)];
    const at = pick(random, literals);
    return weightFile(json.slice(0, at.index) + text(at[0]) + json.slice(at.index), dataBytes);
  };

const sized =
  (change: (random: Random) => number) =>
  ({ json, dataBytes }: LooseHeader, random: Random) => {
    const file = weightFile(json, dataBytes);
    return { ...file, bytes: Math.max(0, file.bytes + change(random)) };
  };

const lengthened =
  (length: (real: bigint, random: Random) => bigint) =>
  ({ json, dataBytes }: LooseHeader, random: Random) => {
    const file = weightFile(json, dataBytes);
    new DataView(file.head.buffer).setBigUint64(0, length(BigInt(json.length), random), true);
    return file;
  };

/** Ways to spoil a weight file so that no reader may take it for whole. */
export const spoilers = {
  "a tensor is gone": editing((_, entries, name) => delete entries[name]),
  "a tensor has another name": editing((entry, entries, name) => {
    delete entries[name];
    entries[`${name}x`] = entry;
  }),
  "a tensor is __proto__": editing((entry, entries, name) => {
    delete entries[name];
    Object.defineProperty(entries, "__proto__", { value: entry, enumerable: true });
  }),
  "data begins elsewhere": editing((entry, _, __, random) => {
    entry.data_offsets[0] += upTo(random, 64);
  }),
  "data ends elsewhere": editing((entry, _, __, random) => {
    entry.data_offsets[1] += upTo(random, 64);
  }),
  "data is moved": editing((entry, _, __, random) => {
    const by = upTo(random, 1000);
    entry.data_offsets = [entry.data_offsets[0] + by, entry.data_offsets[1] + by];
  }),
  "data lies before the start": editing((entry) => {
    entry.data_offsets = [entry.data_offsets[0] - entry.data_offsets[1], 0];
  }),
  "an offset has a fraction": editing((entry) => {
    entry.data_offsets = [entry.data_offsets[0] + 0.5, entry.data_offsets[1] + 0.5];
  }),
  "an offset is huge": editing((entry) => {
    entry.data_offsets = [entry.data_offsets[0], Number.MAX_SAFE_INTEGER];
  }),
  "the offsets are swapped": editing((entry) => entry.data_offsets.reverse()),
  "a size is another": editing((entry, _, __, random) => {
    const at = Math.floor(random() * entry.shape.length);
    entry.shape[at] = (entry.shape[at] ?? 0) + upTo(random, 9);
  }),
  "a size is negative": editing((entry) => {
    entry.shape[0] = -(entry.shape[0] ?? 1);
  }),
  "a size is astronomic": editing((entry) => entry.shape.push(2 ** 52, 2 ** 52)),
  "the dtype has another size": editing((entry) => {
    entry.dtype = entry.dtype === "U8" ? "U32" : "U8";
  }),
  "the dtype is unknown": editing((entry) => {
    entry.dtype = "toString";
  }),
  "the dtype is a whole number of that size": editing((entry) => {
    entry.dtype = { BF16: "I16", U32: "I32", U8: "I8" }[entry.dtype] ?? "BOOL";
  }),
  "two tensors share their data": editing((entry, entries, name, random) => {
    const other =
      entries[
        pick(
          random,
          Object.keys(entries).filter((each) => each !== name && each !== "__metadata__"),
        )
      ];
    if (other !== undefined) entry.data_offsets = [...other.data_offsets];
  }),
  "a name appears twice": inserting((literal) => `${literal}:"BF16","shape":[0],"data_offsets":[0,0]},`),
  "a name appears twice, once in disguise": inserting((literal) => {
    const escaped = `\\u${literal.charCodeAt(1).toString(16).padStart(4, "0")}${literal.slice(2)}`;
    return `"${escaped}:"BF16","shape":[0],"data_offsets":[0,0]},`;
  }),
  "it is nested deeply": inserting(() => `"deep":${"[".repeat(20_000)}${"]".repeat(20_000)},`),
  "the file is cut off": sized((random) => -upTo(random, 2000)),
  "the file goes on": sized((random) => upTo(random, 2000)),
  "the header is said to be shorter": lengthened((real, random) => real - BigInt(upTo(random, 200))),
  "the header is said to be longer": lengthened((real, random) => real + BigInt(upTo(random, 200))),
  "the header is said to be huge": lengthened((_, random) => 2n ** BigInt(27 + upTo(random, 36))),
  "the header is no UTF-8": ({ json, dataBytes }: LooseHeader, random: Random) => {
    const bytes = new TextEncoder().encode(json);
    bytes[Math.floor(random() * bytes.length)] = 0x80 + Math.floor(random() * 0x80);
    return weightFile(bytes, dataBytes);
  },
} as const;
