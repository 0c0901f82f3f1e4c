import { copyFile, mkdir, readdir, readFile, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { CopyDiskError, type ModelDisk } from "../../src/agent/sync/model-disk.js";
import { anIdentity, type TestIdentity } from "../support/agent-identities.js";
import { openSyncNode, type SyncNode, type SyncNodeOptions, writeRandomModel } from "../support/sync-house.js";

const mib = 2 ** 20;
const sizes = [3 * mib + 17, mib, 0];
const big = "model-00001.safetensors";

let identities: readonly TestIdentity[];
const nodes: SyncNode[] = [];

beforeAll(async () => {
  identities = await Promise.all(["n0", "n1", "n2"].map(anIdentity));
});

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.close()));
});

async function open(at: number, options: SyncNodeOptions = {}): Promise<SyncNode> {
  const identity = identities[at];
  if (identity === undefined) throw new RangeError("no such node");
  const node = await openSyncNode(`n${at}`, { identity, noProgressMs: 1_500, ...options });
  nodes.push(node);
  return node;
}

/** A source with a model, and a target that may read it. */
async function aPair(target: SyncNodeOptions = {}, source: SyncNodeOptions = {}) {
  const seed = await open(0, source);
  const files = await writeRandomModel(seed.models, sizes);
  const manifest = await seed.manifest();
  const node = await open(1, target);
  const sharing = await seed.share(manifest, [node.peer("copy")]);
  return { seed, files, manifest, node, sharing };
}

async function flipByte(path: string, at: number): Promise<void> {
  const data = await readFile(path);
  data[at] = (data[at] ?? 0) ^ 1;
  await writeFile(path, data);
}

const fetchedOf = (fetched: ReadonlyMap<string, number>): number =>
  [...fetched.values()].reduce((sum, n) => sum + n, 0);

describe("a changed byte is caught", () => {
  test("on a source: the others give the right one, and it is not asked again", async () => {
    const { seed, files, manifest, node } = await aPair();
    const bad = await open(2);
    await mkdir(bad.folder);
    for (const name of await readdir(seed.folder)) await copyFile(join(seed.folder, name), join(bad.folder, name));
    for (const at of [5, mib + 5, 2 * mib + 5, 3 * mib + 5]) await flipByte(join(bad.folder, big), at);
    await bad.share(manifest, [node.peer("copy")]);
    await node.fetch(manifest, [bad.peer("whole"), seed.peer("whole")]).placed;
    expect(node.files()).toEqual(files);
  });

  test("on the only source: nothing appears under the model's name, and the source is named", async () => {
    const { seed, manifest, node } = await aPair();
    await flipByte(join(seed.folder, big), 2 * mib + 9);
    await expect(node.fetch(manifest, [seed.peer("whole")]).placed).rejects.toThrow(
      /no source can be trusted.*n0.*differ/,
    );
    expect(await readdir(node.models)).toEqual([".exoctl-sync-lab--random-weights"]);
  });

  test("in what an earlier attempt has left: only that piece is fetched again", async () => {
    const { seed, files, manifest, node, sharing } = await aPair();
    await mkdir(node.staging);
    for (const name of await readdir(seed.folder)) await copyFile(join(seed.folder, name), join(node.staging, name));
    await flipByte(join(node.staging, big), mib + 1);
    await writeFile(join(node.staging, "stranger.py"), "import os");
    const fetching = node.fetch(manifest, [seed.peer("whole")]);
    await fetching.placed;
    expect(node.files()).toEqual(files);
    expect([fetchedOf(fetching.progress().fetchedBytes), sharing.sentBytes]).toEqual([mib, mib]);
  });

  test("by this disk, after it was written: it is fetched again, and a disk that always does it is refused", async () => {
    let spoils = 1;
    const changeDisk = (disk: ModelDisk): ModelDisk => ({
      ...disk,
      openCopy: async (manifest) => {
        const copy = await disk.openCopy(manifest);
        return {
          ...copy,
          openToWrite: async (fileIndex) => {
            const file = await copy.openToWrite(fileIndex);
            return {
              ...file,
              write: (data, position) => {
                spoils -= 1;
                if (spoils < 0) return file.write(data, position);
                const other = Buffer.from(data);
                other[0] = (other[0] ?? 0) ^ 1;
                return file.write(other, position);
              },
            };
          },
        };
      },
    });
    const { seed, files, manifest, node } = await aPair({ changeDisk });
    await node.fetch(manifest, [seed.peer("whole")]).placed;
    expect(node.files()).toEqual(files);
    const worse = await open(2, { changeDisk });
    spoils = Number.POSITIVE_INFINITY;
    await seed.share(manifest, [worse.peer("copy")]);
    await expect(worse.fetch(manifest, [seed.peer("whole")]).placed).rejects.toThrow(
      "differs whenever it is read back",
    );
  });
});

describe("keys decide", () => {
  test("who was not named gets nothing", async () => {
    const { seed, manifest, sharing } = await aPair();
    const stranger = await open(2);
    await expect(stranger.fetch(manifest, [seed.peer("whole")]).placed).rejects.toThrow(/no source gave anything.*n0/);
    expect(sharing.sentBytes).toBe(0);
  });

  test("whoever answers with another key is not asked", async () => {
    const { seed, manifest, node, sharing } = await aPair();
    const other = { ...seed.peer("whole"), pin: identities[2]?.pin ?? "" };
    await expect(node.fetch(manifest, [other]).placed).rejects.toThrow("does not have that agent's key");
    expect(sharing.sentBytes).toBe(0);
  });

  test("when sharing has ended, so has everybody's right", async () => {
    const { seed, manifest, node, sharing } = await aPair();
    sharing.end();
    await expect(node.fetch(manifest, [seed.peer("whole")]).placed).rejects.toThrow("no source gave anything");
  });
});

describe("trouble on the way", () => {
  test("a source that dies is done without, and so is an address where nobody is", async () => {
    const { seed, files, manifest, node } = await aPair({}, { uplinkBytesPerSec: 3 * mib });
    const second = await open(2, { uplinkBytesPerSec: mib });
    await mkdir(second.folder);
    for (const name of await readdir(seed.folder)) await copyFile(join(seed.folder, name), join(second.folder, name));
    await second.share(manifest, [node.peer("copy")]);
    const peer = seed.peer("whole");
    const away = { host: "127.0.0.1", port: 1 };
    const fetching = node.fetch(manifest, [{ ...peer, addresses: [away, ...peer.addresses] }, second.peer("whole")]);
    while (!fetching.progress().fetchedBytes.has("n2")) await new Promise((resolve) => setTimeout(resolve, 5));
    await second.stopServing();
    await fetching.placed;
    expect(node.files()).toEqual(files);
  });

  test("a disk that is too full is refused before anything is sent", async () => {
    const { seed, manifest, node, sharing } = await aPair({
      changeDisk: (disk) => ({ ...disk, freeBytes: async () => 5_000_000 }),
    });
    await expect(node.fetch(manifest, [seed.peer("whole")]).placed).rejects.toThrow(
      /5000000 bytes free and \d+ are needed: free \d+ bytes more/,
    );
    expect(sharing.sentBytes).toBe(0);
  });

  test("a disk that fills up ends it, and what was copied stays", async () => {
    const full = new CopyDiskError("ENOSPC", "the disk of exo's models folder is full");
    const changeDisk = (disk: ModelDisk): ModelDisk => ({
      ...disk,
      openCopy: async (manifest) => ({
        ...(await disk.openCopy(manifest)),
        openToWrite: () => Promise.reject(full),
      }),
    });
    const { seed, manifest, node } = await aPair({ changeDisk });
    await expect(node.fetch(manifest, [seed.peer("whole")]).placed).rejects.toMatchObject({
      code: "not_possible",
      message: full.message,
    });
  });

  test("an abort ends it at once, and the next attempt goes on", async () => {
    const { seed, files, manifest, node } = await aPair();
    const stop = new AbortController();
    const fetching = node.fetch(manifest, [seed.peer("whole")], stop.signal);
    while (fetching.progress().phase === "checking") await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort(new Error("enough"));
    await expect(fetching.placed).rejects.toThrow("enough");
    await node.fetch(manifest, [seed.peer("whole")]).placed;
    expect(node.files()).toEqual(files);
  });
});

describe("what stands under the model's name", () => {
  test("the same model: nothing is fetched, whoever put it there", async () => {
    const { seed, manifest, node, sharing } = await aPair();
    await mkdir(node.folder);
    for (const name of await readdir(seed.folder)) await copyFile(join(seed.folder, name), join(node.folder, name));
    const fetching = node.fetch(manifest, [seed.peer("whole")]);
    await fetching.placed;
    expect([fetching.progress().outcome, sharing.sentBytes]).toEqual(["already-there", 0]);
  });

  test("somebody else's folder or link is left alone; an empty folder is not in the way", async () => {
    const { seed, files, manifest, node } = await aPair();
    await mkdir(node.folder);
    await writeFile(join(node.folder, "mine.txt"), "mine");
    await expect(node.fetch(manifest, [seed.peer("whole")]).placed).rejects.toThrow("exoctl did not copy");
    expect(await readFile(join(node.folder, "mine.txt"), "utf8")).toBe("mine");
    const other = await open(2);
    await seed.share(manifest, [other.peer("copy")]);
    await symlink(node.folder, other.folder);
    await expect(other.fetch(manifest, [seed.peer("whole")]).placed).rejects.toThrow("is not a folder");
    await unlink(other.folder);
    await mkdir(other.folder);
    await other.fetch(manifest, [seed.peer("whole")]).placed;
    expect(other.files()).toEqual(files);
    expect(await other.placed.placedBy(other.folder)).toBe("sync");
  });

  test("an older copy of ours is replaced as a whole", async () => {
    const { seed, manifest, node } = await aPair();
    await node.fetch(manifest, [seed.peer("whole")]).placed;
    const newer = await writeRandomModel(seed.models, [mib, 7]);
    await unlink(join(seed.folder, "model-00003.safetensors"));
    const next = await seed.manifest();
    await seed.share(next, [node.peer("copy")]);
    await node.fetch(next, [seed.peer("whole")]).placed;
    expect(node.files()).toEqual(newer);
    expect(await readdir(node.models)).toEqual(["lab--random-weights"]);
  });
});
