import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inspectModel } from "../../../src/models/inspect/inspect-model.js";
import type { ModelInspection } from "../../../src/models/inspect/inspection.js";
import { smallGptOss } from "../../support/fake-model.js";
import { type FakeFile, filesIn, mlxFolder, weightFile } from "../../support/fake-model-files.js";
import { seededRandom } from "../../support/random-clusters.js";
import { type Entry, type LooseHeader, spoilers } from "../../support/spoilt-headers.js";

const shape = { ...smallGptOss, layers: 2 };
const folders = (["MXFP4-Q8", "affine-4", "bf16"] as const).map((quantization) => mlxFolder(shape, quantization, 2));
const someFolder = fc.nat({ max: folders.length - 1 });
const someSeed = fc.integer({ min: 0, max: 2 ** 31 - 1 });

function folderAt(at: number): ReadonlyMap<string, FakeFile> {
  const folder = folders[at];
  if (folder === undefined) throw new Error("no such folder");
  return folder;
}
const shard = "model-00001-of-00002.safetensors";
const slowestMs = 5_000;

function headerIn(folder: ReadonlyMap<string, FakeFile>): LooseHeader {
  const { head, bytes } = folder.get(shard) ?? { head: new Uint8Array(8), bytes: 8 };
  return { json: new TextDecoder().decode(head.subarray(8)), dataBytes: bytes - head.length };
}

/** Inspects the model with one file replaced; fails when that takes long or does not end in an inspection. */
async function inspectWith(folder: ReadonlyMap<string, FakeFile>, file: FakeFile): Promise<ModelInspection> {
  const start = performance.now();
  const inspection = await inspectModel(filesIn(new Map([...folder, [shard, file]])), "gpt-oss-small");
  expect(performance.now() - start).toBeLessThan(slowestMs);
  return inspection;
}

test("the models that are spoilt here are complete", async () => {
  for (const folder of folders) {
    const { json, dataBytes } = headerIn(folder);
    expect((await inspectWith(folder, weightFile(json, dataBytes))).verdict).toBe("complete");
  }
});

describe("never complete, never a spec:", () => {
  test.each(Object.entries(spoilers))("%s", async (_, spoil) => {
    await fc.assert(
      fc.asyncProperty(someFolder, someSeed, async (at, seed) => {
        const whole = folderAt(at);
        const { verdict, model } = await inspectWith(whole, spoil(headerIn(whole), seededRandom(seed)));
        expect(verdict).not.toBe("complete");
        expect(model).toBeNull();
      }),
      { numRuns: 100 },
    );
  });
});

/** An entry in a form that says all that matters of it: 16-bit floats are as good as each other. */
const essence = ({ dtype, shape: sizes, data_offsets: [start, end] }: Entry) =>
  JSON.stringify([dtype === "F16" ? "BF16" : dtype, sizes, end - start]);

/** Whether a file still holds exactly the tensors of the original, by a reading of its own. */
function isStillWhole({ head, bytes }: FakeFile, original: string): boolean {
  const length = Number(new DataView(head.buffer).getBigUint64(0, true));
  const text = new TextDecoder("utf-8", { fatal: true }).decode(head.subarray(8, 8 + length));
  const read = (json: string) => {
    const { __metadata__: _unused, ...entries } = JSON.parse(json) as Record<string, Entry>;
    return new Map(Object.entries(entries));
  };
  const [now, then] = [read(text), read(original)];
  if (now.size !== then.size) return false;
  for (const [name, entry] of then) {
    const found = now.get(name);
    if (found === undefined || essence(found) !== essence(entry) || text.split(`"${name}"`).length !== 2) return false;
  }
  const spans = [...now.values()]
    .map((entry) => entry.data_offsets)
    .toSorted((left, right) => left[0] - right[0] || left[1] - right[1]);
  const tiled = spans.every(([start], at) => start === (at === 0 ? 0 : spans[at - 1]?.[1]));
  return tiled && spans.at(-1)?.[1] === bytes - 8 - length;
}

/** A few random edits of the bytes of a header: other bytes, missing bytes, more bytes, pieces moved about. */
function edit(head: Uint8Array, random: () => number): Uint8Array {
  const interesting = [...'"\\{}[],:0123456789-.eE tfn\u0000'].map((sign) => sign.charCodeAt(0));
  let bytes = [...head.subarray(8)];
  for (let count = 1 + Math.floor(random() * 3); count > 0; count -= 1) {
    const at = Math.floor(random() * bytes.length);
    const some =
      random() < 0.7 ? (interesting[Math.floor(random() * interesting.length)] ?? 0) : Math.floor(random() * 256);
    const kind = Math.floor(random() * 4);
    if (kind === 0) bytes[at] = some;
    else if (kind === 1) bytes.splice(at, 1 + Math.floor(random() * 4));
    else if (kind === 2) bytes.splice(at, 0, some);
    else
      bytes = [
        ...bytes.slice(0, at),
        ...bytes.slice(Math.floor(random() * bytes.length)).slice(0, 80),
        ...bytes.slice(at),
      ];
  }
  return new Uint8Array(bytes);
}

test("800 headers with random edits: an inspection each time, and complete only when all tensors are still there", async () => {
  let complete = 0;
  await fc.assert(
    fc.asyncProperty(someFolder, someSeed, async (at, seed) => {
      const whole = folderAt(at);
      const original = whole.get(shard);
      if (original === undefined) throw new Error("no file");
      const file = weightFile(edit(original.head, seededRandom(seed)), headerIn(whole).dataBytes);
      const { verdict, model } = await inspectWith(whole, file);
      if (verdict !== "complete") {
        expect(model).toBeNull();
        return;
      }
      complete += 1;
      expect(isStillWhole(file, headerIn(whole).json)).toBe(true);
    }),
    { numRuns: 800 },
  );
  // Some edits change nothing that matters, such as a space between two members; else the test would show little.
  expect(complete).toBeGreaterThan(0);
});

test("400 files of noise are refused", async () => {
  const whole = folderAt(0);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (noise, framed) => {
      const file = framed ? weightFile(noise, 1000) : { head: noise, bytes: noise.length };
      expect((await inspectWith(whole, file)).verdict).not.toBe("complete");
    }),
    { numRuns: 400 },
  );
});

test("300 broken indexes and config files: an inspection each time", async () => {
  const names = fc.constantFrom("config.json", "model.safetensors.index.json", "tokenizer_config.json");
  await fc.assert(
    fc.asyncProperty(someFolder, names, someSeed, async (at, name, seed) => {
      const whole = folderAt(at);
      const { head } = whole.get(name) ?? { head: new Uint8Array() };
      const padded = new Uint8Array([...new Uint8Array(8), ...head]);
      const edited = edit(padded, seededRandom(seed));
      const file = { head: edited, bytes: edited.length };
      const { verdict } = await inspectModel(filesIn(new Map([...whole, [name, file]])), "gpt-oss-small");
      expect(["complete", "incomplete", "broken", "unusable"]).toContain(verdict);
    }),
    { numRuns: 300 },
  );
});
