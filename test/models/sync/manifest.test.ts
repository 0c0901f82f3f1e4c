import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { modelId } from "../../../src/cluster/names.js";
import { createPieceHasher } from "../../../src/models/sync/hash-pieces.js";
import {
  type ModelManifest,
  manifestBytes,
  manifestDigest,
  mostPieces,
  pieceBytesFor,
  piecesIn,
  renderManifest,
} from "../../../src/models/sync/manifest.js";
import { piecesOf } from "../../../src/models/sync/pieces.js";
import { checkManifest, readManifest } from "../../../src/models/sync/read-manifest.js";
import { syncedPathFlaw } from "../../../src/models/sync/synced-path.js";

const mib = 2 ** 20;
const sha = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** The manifest of files with these contents. */
function manifestOf(contents: Readonly<Record<string, Uint8Array>>, pieceBytes = mib): ModelManifest {
  const files = Object.keys(contents)
    .toSorted()
    .map((path) => {
      const hasher = createPieceHasher(pieceBytes);
      hasher.update(contents[path] ?? new Uint8Array());
      return { path, ...hasher.finish() };
    });
  return { modelId: modelId("owner/name"), pieceBytes, files };
}

const small = manifestOf({ "config.json": Buffer.from("{}"), "model.safetensors": Buffer.alloc(2 * mib + 5, 7) });
const asJson = (): Record<string, unknown> => JSON.parse(renderManifest(small)) as Record<string, unknown>;

test.each([
  [[], mib],
  [[1, 0, 5], mib],
  [[8_192 * mib], mib],
  [[8_192 * mib + 1], 2 * mib],
  [Array.from({ length: 14 }, () => 5_000_000_000), 16 * mib],
])("pieces are the smallest that stay within the limit: %j", (sizes, expected) => {
  const pieceBytes = pieceBytesFor(sizes);
  expect(pieceBytes).toBe(expected);
  expect(sizes.reduce((count, bytes) => count + piecesIn(bytes, pieceBytes), 0)).toBeLessThanOrEqual(mostPieces);
});

test("hashing does not depend on how the bytes arrive", () => {
  const data = Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 31) % 251));
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 3_000 }),
      (cuts, pieceBytes) => {
        const hasher = createPieceHasher(pieceBytes);
        let from = 0;
        for (const cut of [...cuts, data.length]) {
          hasher.update(data.subarray(from, from + cut));
          from = Math.min(data.length, from + cut);
        }
        const expected: string[] = [];
        for (let at = 0; at < data.length; at += pieceBytes) expected.push(sha(data.subarray(at, at + pieceBytes)));
        expect(hasher.finish()).toEqual({ bytes: data.length, sha256: sha(data), pieces: expected });
      },
    ),
  );
});

test("what is written is read back as the same manifest, with the same digest", () => {
  const content = fc.uint8Array({ maxLength: 300 });
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  fc.assert(
    fc.property(fc.dictionary(name, content, { minKeys: 1, maxKeys: 6 }), (named) => {
      const files = Object.fromEntries(Object.entries(named).map(([path, data]) => [`${path}.json`, data]));
      const manifest = manifestOf(files);
      const read = readManifest(renderManifest(manifest));
      expect(read).toEqual({ kind: "manifest", manifest });
      expect(manifestDigest({ ...manifest, files: manifest.files.toReversed() })).toBe(manifestDigest(manifest));
    }),
  );
});

test("one changed byte anywhere is another digest", () => {
  const other = Buffer.alloc(2 * mib + 5, 7);
  other[mib] = 8;
  const changed = manifestOf({ "config.json": Buffer.from("{}"), "model.safetensors": other });
  expect(manifestDigest(changed)).not.toBe(manifestDigest(small));
});

test("pieces cover each file once and know their digests", () => {
  const pieces = piecesOf(small);
  expect(pieces.map(({ fileIndex, offset, bytes }) => [fileIndex, offset, bytes])).toEqual([
    [0, 0, 2],
    [1, 0, mib],
    [1, mib, mib],
    [1, 2 * mib, 5],
  ]);
  expect(pieces.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(manifestBytes(small));
});

describe("a hostile manifest is refused", () => {
  const file = { path: "a.json", bytes: 1, sha256: sha(Buffer.from("x")), pieces: [sha(Buffer.from("x"))] };
  const withFiles = (...files: unknown[]): unknown => ({ ...asJson(), files });
  test.each<[string, unknown]>([
    ["no object", 7],
    ["another format", { ...asJson(), format: "exoctl-manifest/2" }],
    ["an unknown member", { ...asJson(), run: "rm" }],
    ["an id that leaves the folder", { ...asJson(), modelId: "../x" }],
    ["a long id", { ...asJson(), modelId: `a/${"b".repeat(300)}` }],
    ["tiny pieces", { ...asJson(), pieceBytes: 1_024 }],
    ["odd pieces", { ...asJson(), pieceBytes: 3 * mib }],
    ["no files", withFiles()],
    ["a path outside", withFiles({ ...file, path: "../a.json" })],
    ["an absolute path", withFiles({ ...file, path: "/etc/a.json" })],
    ["a hidden file", withFiles({ ...file, path: ".a.json" })],
    ["a program", withFiles({ ...file, path: "modeling_x.py" })],
    ["a control character", withFiles({ ...file, path: "a\n.json" })],
    ["negative size", withFiles({ ...file, bytes: -1 })],
    ["more bytes than pieces", withFiles({ ...file, bytes: 5 * mib })],
    ["more pieces than bytes", withFiles({ ...file, pieces: [...file.pieces, ...file.pieces] })],
    ["digests that contradict", withFiles({ ...file, sha256: sha(Buffer.from("y")) })],
    ["an empty file with another digest", withFiles({ ...file, bytes: 0, pieces: [] })],
    ["the same file twice", withFiles(file, file)],
    ["the same file on a Mac", withFiles({ ...file, path: "A.json" }, file)],
    ["a file as a folder", withFiles(file, { ...file, path: "a.json/b.json" })],
    ["another order", withFiles({ ...file, path: "b.json" }, file)],
    ["upper-case digests", withFiles({ ...file, sha256: file.sha256.toUpperCase() })],
    [
      "too many files",
      withFiles(...Array.from({ length: 1_001 }, (_, at) => ({ ...file, path: `${at + 1_000}.json` }))),
    ],
  ])("%s", (_name, raw) => {
    expect(checkManifest(raw).kind).toBe("problems");
  });

  test("text that is no JSON, or endless", () => {
    expect(readManifest("{").kind).toBe("problems");
    expect(readManifest(" ".repeat(5_000_000)).kind).toBe("problems");
  });

  test("the kind of every refusal is of the sample's making, not of the sample", () => {
    expect(checkManifest(withFiles(file)).kind).toBe("manifest");
  });
});

test.each([
  ["model-00001-of-00014.safetensors", undefined],
  ["model.safetensors.index.json", undefined],
  ["chat_template.jinja", undefined],
  ["tokenizer.model", undefined],
  ["sub/o200k_base.tiktoken", undefined],
  ["README.md", "of a kind that is not copied"],
  ["model.safetensors.partial", "of a kind that is not copied"],
  [".cache/x.json", "hidden"],
  ["a//b.json", "unsafe path"],
  [`${"ä".repeat(130)}.json`, "unsafe path"],
])("%s is copied unless there is a reason", (path, flaw) => {
  expect(syncedPathFlaw(path)).toBe(flaw);
});
