import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { receivePiece } from "../../../src/agent/sync/receive-piece.js";

const pieceAt = (offset: number, content: Uint8Array) => ({
  fileIndex: 0,
  offset,
  bytes: content.length,
  sha256: createHash("sha256").update(content).digest("hex"),
});

/** Receives these portions one after the other; each promise is waited for, as a source does. */
async function receive(content: Uint8Array, portions: readonly Uint8Array[], stagingBytes: number, offset: number) {
  const disk = new Uint8Array(offset + content.length);
  let writes = 0;
  const file = {
    write: async (data: Uint8Array, position: number) => {
      await Promise.resolve();
      disk.set(data, position);
      writes += 1;
    },
    close: async () => undefined,
  };
  const outcome = await receivePiece(
    pieceAt(offset, content),
    async (take) => {
      for (const portion of portions) await take(portion);
    },
    file,
    Buffer.alloc(stagingBytes),
    () => undefined,
  );
  return { outcome, written: disk.subarray(offset), writes };
}

const cut = (content: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] => {
  const portions: Uint8Array[] = [];
  let from = 0;
  for (const size of [...sizes, content.length]) {
    portions.push(content.subarray(from, from + size));
    from += size;
  }
  return portions;
};

test("however the bytes are cut, all of them arrive at their place", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.nat({ max: 120 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 64 }),
      fc.nat({ max: 50 }),
      async (content, sizes, stagingBytes, offset) => {
        const { outcome, written, writes } = await receive(content, cut(content, sizes), stagingBytes, offset);
        expect(outcome).toBe("verified");
        expect(Buffer.from(written)).toEqual(Buffer.from(content));
        expect(writes).toBe(Math.ceil(content.length / stagingBytes));
      },
    ),
    { numRuns: 200 },
  );
});

test("another byte, one less and one more are different", async () => {
  const content = new Uint8Array(100).map((_, at) => at);
  const changed = content.map((byte, at) => (at === 57 ? byte ^ 1 : byte));
  const more = [content, new Uint8Array(1)];
  for (const portions of [[changed], [content.subarray(1)], more, [...more, content]])
    expect((await receive(content, portions, 16, 0)).outcome).toBe("different");
});
