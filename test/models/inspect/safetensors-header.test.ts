import { describe, expect, test } from "vitest";
import { readHeader, readHeaderLength } from "../../../src/models/inspect/safetensors-header.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function prefix(length: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, length, true);
  return out;
}

describe("the length before the header", () => {
  test("is read lowest byte first", () => {
    expect(readHeaderLength(prefix(300n), 1000)).toEqual({ kind: "ok", value: 300 });
    expect(readHeaderLength(prefix(100_000_000n), 2e9)).toEqual({ kind: "ok", value: 100_000_000 });
  });

  test.each([
    ["a file of 5 bytes", new Uint8Array(5), 5, "cut off after 5 bytes"],
    ["an empty file", new Uint8Array(0), 0, "cut off after 0 bytes"],
    ["no header", prefix(0n), 1000, "no header"],
    ["one byte above the limit", prefix(100_000_001n), 2e9, "the limit is 100 MB"],
    ["the largest number there is", prefix(2n ** 64n - 1n), 2e9, "the limit is 100 MB"],
    ["beyond the file", prefix(993n), 1000, "said to have 993 bytes, but only 992 follow"],
  ])("refused: %s", (_, start, size, why) => {
    expect(readHeaderLength(start, size)).toEqual({ kind: "refused", why: expect.stringContaining(why) });
  });
});

/** A tensor of 16 bytes. */
const tensor = (start = 0, facts: object = {}) => ({
  dtype: "BF16",
  shape: [2, 4],
  data_offsets: [start, start + 16],
  ...facts,
});

function whyRefused(header: string | Uint8Array, dataBytes = 16): string {
  const json = typeof header === "string" ? bytes(header) : header;
  const read = readHeader(json, 8 + json.length + dataBytes);
  if (read.kind === "ok") throw new Error("was accepted");
  return read.why;
}

describe("a header", () => {
  test("is read with names, types, shapes and sizes, in any order, with spaces behind", () => {
    const json = bytes(`${JSON.stringify({ __metadata__: { format: "pt" }, b: tensor(16), a: tensor() })}    `);
    expect(readHeader(json, 8 + json.length + 32)).toEqual({
      kind: "ok",
      value: [
        { name: "b", dtype: "BF16", shape: [2, 4], start: 16, bytes: 16 },
        { name: "a", dtype: "BF16", shape: [2, 4], start: 0, bytes: 16 },
      ],
    });
  });

  test("may have numbers without a shape and tensors without data", () => {
    const one = { dtype: "F32", shape: [], data_offsets: [0, 4] };
    const none = { dtype: "F32", shape: [0, 7], data_offsets: [4, 4] };
    const json = bytes(JSON.stringify({ one, none }));
    expect(readHeader(json, 8 + json.length + 4).kind).toBe("ok");
  });

  const spoiled: readonly (readonly [string, object, string])[] = [
    ["an unknown dtype", { dtype: "Q4_K" }, 'its dtype "Q4_K" is unknown'],
    ["a dtype from the prototype", { dtype: "constructor" }, "is unknown"],
    ["a dtype of another size", { dtype: "F32" }, "span 16 bytes, but its shape and dtype need 32"],
    ["half a byte", { dtype: "F4", shape: [3], data_offsets: [0, 1] }, "parts of a byte"],
    ["a negative offset", { data_offsets: [-16, 0] }, "not two whole numbers"],
    ["an offset with a fraction", { data_offsets: [0.5, 16.5] }, "not two whole numbers"],
    ["an offset that is no exact number", { data_offsets: [2 ** 53, 2 ** 53 + 16] }, "not two whole numbers"],
    ["an offset as text", { data_offsets: ["0", "16"] }, "not two whole numbers"],
    ["three offsets", { data_offsets: [0, 8, 16] }, "not two whole numbers"],
    ["no offsets", { data_offsets: undefined }, "not two whole numbers"],
    ["offsets the wrong way round", { data_offsets: [16, 0] }, "span -16 bytes"],
    ["a negative size", { shape: [-2, -4] }, "its shape is not a list of sizes"],
    ["a size with a fraction", { shape: [0.5, 16] }, "its shape is not a list of sizes"],
    ["a shape beyond counting", { shape: Array(16).fill(2 ** 52) }, "more than any file holds"],
    ["too many dimensions", { shape: Array(17).fill(1) }, "its shape is not a list of sizes"],
    ["no shape", { shape: undefined }, "its shape is not a list of sizes"],
  ];
  test.each(spoiled)("refused: %s", (_, facts, why) => {
    expect(whyRefused(JSON.stringify({ a: tensor(0, facts) }))).toContain(why);
  });

  test.each([
    ["overlapping data", { a: tensor(0), b: tensor(8) }, 24, 'tensor "b" overlaps the one before it by 8 bytes'],
    ["two tensors in one place", { a: tensor(0), b: tensor(0) }, 16, "overlaps the one before it by 16 bytes"],
    ["a gap", { a: tensor(0), b: tensor(20) }, 36, 'nothing covers the 4 bytes before tensor "b"'],
    ["a gap at the start", { a: tensor(4) }, 20, "nothing covers the 4 bytes"],
    ["a file that is cut off", { a: tensor(0) }, 10, "it is cut off: 6 of its 16 bytes of data are missing"],
    ["a file that goes on", { a: tensor(0) }, 20, "4 bytes follow its last tensor"],
    ["data without tensors", {}, 20, "20 bytes follow"],
    ["a tensor that is no mapping", { a: [1, 2] }, 16, "it is not a mapping"],
    ["a tensor without a name", { "": tensor() }, 16, "no tensor may be called that"],
    ["an endless name", { ["a".repeat(1025)]: tensor() }, 16, "more than 1024 characters"],
    ["metadata that are no texts", { __metadata__: { a: {} }, b: tensor() }, 16, "not a mapping of texts"],
    ["metadata that are a list", { __metadata__: [], b: tensor() }, 16, "not a mapping of texts"],
  ])("refused: %s", (_, header, data, why) => {
    expect(whyRefused(JSON.stringify(header), data)).toContain(why);
  });

  const entry = JSON.stringify(tensor());
  test.each([
    ["a name twice", `{"a":${entry},"a":${entry}}`, 'it names "a" twice'],
    ["a name twice, once in disguise", `{"a":${entry},"\\u0061":${entry}}`, 'it names "a" twice'],
    [
      "a field twice",
      `{"a":{"dtype":"F32","dtype":"BF16","shape":[2,4],"data_offsets":[0,16]}}`,
      'it names "dtype" twice',
    ],
    ["__proto__", `{"__proto__":${entry}}`, "no tensor may be called that"],
    ["a field from __proto__", `{"a":{"__proto__":{"dtype":"BF16"}}}`, "its dtype"],
    ["deep lists", `{"a":${"[".repeat(100_000)}`, "nested more than 3 deep"],
    ["deep mappings", `{"a":${'{"a":'.repeat(100_000)}`, "nested more than 3 deep"],
    ["a text without an end", '{"a', "a text that never ends"],
    ["many backslashes", `{"${"\\".repeat(200_001)}`, "a text that never ends"],
    ["no JSON", `{"a":${entry},}`, "it is not JSON"],
    ["two documents", `{"a":${entry}}{}`, "it is not JSON"],
    ["a list", "[]", "does not begin with a brace"],
    ["something else", "GGUF", "does not begin with a brace"],
    ["nothing", "", "does not begin with a brace"],
  ])("refused: %s", (_, header, why) => {
    expect(whyRefused(header)).toContain(why);
  });

  test("refused: bytes that are not UTF-8", () => {
    const json = bytes(JSON.stringify({ aaaa: tensor() }));
    json[3] = 0xff;
    expect(whyRefused(json)).toContain("it is not UTF-8");
  });

  test("refused: more values than fit into memory", () => {
    expect(whyRefused(`{"a":{"shape":[${"0,".repeat(2_100_000)}0]}}`)).toContain("it has more than 2000000 values");
    const many = Array.from({ length: 500_001 }, (_, at) => `"${at}":0`).join();
    expect(whyRefused(`{${many}}`)).toContain("a mapping of more than 500000 members");
  });

  test("a large one is read in time that grows with its length only", () => {
    const many = Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`layer.${at}`, tensor(at * 16)]));
    const json = bytes(JSON.stringify(many));
    const read = readHeader(json, 8 + json.length + 16 * 60_000);
    expect(read.kind === "ok" && read.value.length).toBe(60_000);
  });
});
