import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createAuthority } from "../../src/agent/authority.js";
import { RefusalError } from "../../src/agent/refusal.js";
import type { ModelSync } from "../../src/agent/sync/model-sync.js";
import { modelId } from "../../src/cluster/names.js";
import { createPieceHasher } from "../../src/models/sync/hash-pieces.js";
import { type ModelManifest, mostPieces, smallestPieceBytes } from "../../src/models/sync/manifest.js";
import type { FetchProgress } from "../../src/models/sync/sync-report.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { type AgentHouse, openAgentHouse } from "../support/agent-house.js";
import { realClock } from "../support/real-clock.js";

const never = new AbortController().signal;
const id = modelId("lab/m");

/** As large as manifests get: every piece of a model of 8 GiB. */
function aManifest(pieces: number): ModelManifest {
  const hasher = createPieceHasher(smallestPieceBytes);
  hasher.update(new Uint8Array(smallestPieceBytes));
  const { sha256 } = hasher.finish();
  const file = { bytes: pieces * smallestPieceBytes, sha256, pieces: Array.from({ length: pieces }, () => sha256) };
  return { modelId: id, pieceBytes: smallestPieceBytes, files: [{ path: "a.safetensors", ...file }] };
}

const largest = aManifest(mostPieces);
const peer = { name: "n", pin: "A".repeat(43), addresses: [{ host: "10.0.0.1", port: 8419 }], kind: "copy" as const };
const progress: FetchProgress = {
  phase: "done",
  outcome: "already-there",
  doneBytes: 5,
  totalBytes: 5,
  keptBytes: 4,
  fetchedBytes: new Map([["n", 1]]),
};

const got: unknown[] = [];
const authority = createAuthority(realClock, silentLogger);
const agent: ModelSync = {
  look: async () => ({ filesPort: 8419, complete: true, files: 2, bytes: 3, freeBytes: 4 }),
  makeManifest: (caller, _id, report) =>
    authority.actAlongside("m", caller, async () => {
      await report({ readBytes: 1, totalBytes: 2 });
      await report({ readBytes: 2, totalBytes: 2, made: { manifest: largest, leftOut: ["x.py (no)"] } });
    }),
  share: async (_caller, request, report) => {
    got.push(request);
    await report(7);
    throw new RefusalError("not_possible", "its files are others");
  },
  fetch: async (_caller, request, report) => {
    got.push(request);
    await report(progress);
  },
};

let house: AgentHouse;
beforeAll(async () => {
  house = await openAgentHouse(agent);
});
beforeEach(() => void got.splice(0));
afterAll(() => house.close());

async function all<T>(messages: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const message of messages) list.push(message);
  return list;
}

test("what an agent says comes through as it is", async () => {
  const { sync } = house.link(house.controller);
  expect(await sync.look(id, never)).toEqual({ filesPort: 8419, complete: true, files: 2, bytes: 3, freeBytes: 4 });
  expect(await all(sync.fetch({ manifest: largest, peers: [peer], bytesPerSec: 1e6 }, never))).toEqual([progress]);
  expect(got).toEqual([{ manifest: largest, peers: [peer], bytesPerSec: 1e6 }]);
});

test("the largest manifest fits into a message, both ways", async () => {
  const { sync } = house.link(house.controller);
  authority.takeLease({ pin: house.controller.pin, term: undefined, protocolVersion: 1 }, 1);
  const link = house.link(house.controller);
  await link.takeLease(1, never);
  const messages = await all(link.sync.makeManifest(id, never));
  expect(messages).toEqual([
    { readBytes: 1, totalBytes: 2 },
    { readBytes: 2, totalBytes: 2, made: { manifest: largest, leftOut: ["x.py (no)"] } },
  ]);
  await expect(all(sync.makeManifest(id, never))).rejects.toMatchObject({ code: "stale_term" });
});

test("a refusal in the middle of a stream keeps its words", async () => {
  const sent: number[] = [];
  const { sync } = house.link(house.controller);
  const share = async (): Promise<void> => {
    for await (const bytes of sync.share({ manifest: largest, readers: [peer.pin], bytesPerSec: undefined }, never))
      sent.push(bytes);
  };
  await expect(share()).rejects.toMatchObject({ code: "not_possible", message: "its files are others" });
  expect(sent).toEqual([7]);
  expect(got).toEqual([{ manifest: largest, readers: [peer.pin], bytesPerSec: undefined }]);
});

test.each<[string, Partial<Parameters<ModelSync["fetch"]>[1]>]>([
  [
    "a path outside",
    { manifest: { ...largest, files: largest.files.map((file) => ({ ...file, path: "../a.json" })) } },
  ],
  ["a program", { manifest: { ...largest, files: largest.files.map((file) => ({ ...file, path: "a.py" })) } }],
  ["no pin", { peers: [{ ...peer, pin: "short" }] }],
  ["an address with a path", { peers: [{ ...peer, addresses: [{ host: "10.0.0.1/x", port: 1 }] }] }],
  ["a limit that looks like standstill", { bytesPerSec: 5 }],
])("%s is refused before it means anything", async (_name, change) => {
  const { sync } = house.link(house.controller);
  const request = { manifest: largest, peers: [peer], bytesPerSec: undefined, ...change };
  await expect(all(sync.fetch(request, never))).rejects.toMatchObject({ code: "invalid" });
  expect(got).toEqual([]);
});

test("a stranger gets no answer at all", async () => {
  const { sync } = house.link(house.stranger);
  await expect(sync.look(id, never)).rejects.toMatchObject({ name: "AgentUnreachableError" });
});
