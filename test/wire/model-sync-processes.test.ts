import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../support/run-cli.js";
import { type SyncCluster, startSyncCluster, syncThroughKill } from "../support/sync-cluster.js";
import { digestsIn, writeRandomModel } from "../support/sync-house.js";

const mib = 2 ** 20;
let cluster: SyncCluster;
let files: Readonly<Record<string, string>>;

/** Real agents, a real controller, the built command line; slow enough to be killed half way. */
beforeAll(async () => {
  cluster = await startSyncCluster({ macs: 4, uplinkBytesPerSec: 4 * mib });
  files = await writeRandomModel(cluster.modelsOf("studio-1"), [6 * mib, 5 * mib + 3, 1]);
});

afterAll(() => cluster.close());

test("a copy goes on after kill -9 of its agent, and fetches nothing again that was verified", async () => {
  const { nodes, bytes } = await syncThroughKill(cluster, "studio-2", 5 * mib);
  const [node] = nodes;
  expect(node).toMatchObject({ node: "studio-2", outcome: "copied" });
  expect(node?.keptBytes).toBeGreaterThan(2 * mib);
  expect((node?.keptBytes ?? 0) + (node?.fetchedBytes["studio-1"] ?? 0)).toBe(bytes);
  expect(digestsIn(cluster.folderOf("studio-2"))).toEqual(files);
  expect(existsSync(cluster.stagingOf("studio-2"))).toBe(false);
});

test("without --to everybody who lacks it gets it, from everybody who has it", async () => {
  const summary = await cluster.sync();
  expect(summary.sources.toSorted()).toEqual(["studio-1", "studio-2"]);
  expect(summary.nodes.map(({ node, outcome }) => [node, outcome]).toSorted()).toEqual([
    ["studio-3", "copied"],
    ["studio-4", "copied"],
  ]);
  for (const name of ["studio-3", "studio-4"]) expect(digestsIn(cluster.folderOf(name))).toEqual(files);
  expect(await cluster.sync()).toMatchObject({ nodes: [] });
});

test("what can't be done is said with the way out, and with the right exit code", async () => {
  const run = async (...args: readonly string[]) => {
    const { code, stderr } = await runCli(cluster.sandbox, ["model", "sync", ...args]);
    return { code, stderr };
  };
  expect(await run("gpt-oss-121b")).toMatchObject({ code: 2, stderr: expect.stringContaining("gpt-oss-120b") });
  expect(await run("lab/random-weights", "--to", "studio-9")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("studio-1"),
  });
  expect(await run("lab/random-weights", "--limit", "fast")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("500MB/s"),
  });
  expect(await run("lab/nobody-has-this")).toMatchObject({ code: 1, stderr: expect.stringContaining("no node") });
});
