import { afterEach, beforeAll, expect, test } from "vitest";
import { anIdentity, type TestIdentity } from "../support/agent-identities.js";
import { openSyncNode, type SyncNode, type SyncNodeOptions, writeRandomModel } from "../support/sync-house.js";

const mib = 2 ** 20;

let identities: readonly TestIdentity[];
const nodes: SyncNode[] = [];

beforeAll(async () => {
  identities = await Promise.all(["n0", "n1", "n2", "n3"].map(anIdentity));
});

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.close()));
});

async function open(at: number, options: SyncNodeOptions = {}): Promise<SyncNode> {
  const identity = identities[at];
  if (identity === undefined) throw new RangeError("no such node");
  const node = await openSyncNode(`n${at}`, { identity, ...options });
  nodes.push(node);
  return node;
}

test("three nodes get the same bytes, and from each other too", async () => {
  const seed = await open(0);
  const files = await writeRandomModel(
    seed.models,
    Array.from({ length: 4 }, () => 3 * mib + 1),
  );
  const manifest = await seed.manifest();
  const targets = await Promise.all([open(1), open(2), open(3)]);
  const sharing = await seed.share(
    manifest,
    targets.map((node) => node.peer("copy")),
  );
  const fetches = targets.map((node) =>
    node.fetch(manifest, [
      seed.peer("whole"),
      ...targets.filter((other) => other !== node).map((other) => other.peer("copy")),
    ]),
  );
  await Promise.all(fetches.map(({ placed }) => placed));
  for (const node of targets) expect(node.files()).toEqual(files);
  const copy = fetches[0]?.progress().totalBytes ?? 0;
  expect(sharing.sentBytes).toBeGreaterThanOrEqual(copy);
  // How little more than one copy it is depends on the speed of everything; `npm run bench:sync` measures it.
  expect(sharing.sentBytes).toBeLessThan(targets.length * copy);
  for (const fetching of fetches) {
    const { outcome, fetchedBytes, doneBytes } = fetching.progress();
    expect([outcome, doneBytes]).toEqual(["copied", copy]);
    expect([...fetchedBytes.values()].reduce((sum, bytes) => sum + bytes, 0)).toBe(copy);
  }
});
