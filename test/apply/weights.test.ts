import { describe, expect, test } from "vitest";
import { describeProgress } from "../../src/apply/apply-progress.js";
import { converge } from "../../src/apply/converge.js";
import { nextSteps } from "../../src/apply/next-steps.js";
import { describeStep } from "../../src/apply/steps.js";
import type { ApplyTarget } from "../../src/apply/target.js";
import { nodeName } from "../../src/cluster/names.js";
import { Problem } from "../../src/runtime/problem.js";
import { type FakeNode, type Faults, fakeCluster } from "../support/apply-fake-cluster.js";
import { gptOssEntry } from "../support/exo-fixtures.js";

const names = ["studio-1", "studio-2", "studio-3"];
const signal = new AbortController().signal;
const nothing: Partial<FakeNode> = { weights: false };

const target = (change: Partial<ApplyTarget> = {}): ApplyTarget => ({
  clusterId: "lab",
  generation: 4,
  servedName: "gpt-oss-120b",
  entry: gptOssEntry,
  entryMode: "own",
  weights: "published",
  copies: [
    {
      sharding: "pipeline",
      stages: names.map((name, at) => ({
        node: nodeName(name),
        layers: { start: 12 * at, end: 12 * at + 12 },
      })),
    },
  ],
  ...change,
});

/** @param nodes what is different from a node that has everything */
function clusterOf(nodes: Readonly<Record<string, Partial<FakeNode>>>, faults: Faults = {}) {
  const cluster = fakeCluster([...names, "studio-4"], gptOssEntry, faults);
  for (const [name, change] of Object.entries(nodes)) Object.assign(cluster.nodes.get(name) ?? {}, change);
  return cluster;
}

async function decide(nodes: Readonly<Record<string, Partial<FakeNode>>>, change: Partial<ApplyTarget> = {}) {
  const view = await clusterOf(nodes).observe(signal);
  const next = nextSteps(target(change), view, {
    proven: new Set(),
    ensured: new Map(),
    newUuid: () => "00000000-1111-4222-8333-444444444444",
  });
  if (next.kind === "blocked") return `${next.mayPass}: ${next.problem.message}`;
  return next.steps
    .filter(({ action }) => action === "download-weights" || action === "sync-weights")
    .map(describeStep);
}

const download = (name: string): string => `let exo on ${name} download the weights`;

describe("nodes that lack the weights", () => {
  test("get copies from those that have them, those without layers none", async () => {
    expect(await decide({ "studio-1": nothing, "studio-4": nothing })).toEqual([
      "copy the weights to studio-1 from the nodes that have them",
    ]);
  });

  test("where nobody has them, one downloads and the others get copies", async () => {
    const all = Object.fromEntries([...names, "studio-4"].map((name) => [name, nothing]));
    expect(await decide(all)).toEqual([
      download("studio-1"),
      "copy the weights to studio-2, studio-3 from the nodes that have them",
    ]);
  });

  test("what exo has begun is exo's to finish, and is not begun elsewhere as well", async () => {
    const all = Object.fromEntries([...names, "studio-4"].map((name) => [name, nothing]));
    const begun = { ...all, "studio-2": { ...nothing, partBytes: 1_000 } };
    const copies = "copy the weights to studio-1, studio-3 from the nodes that have them";
    expect(await decide(begun)).toEqual([download("studio-2"), copies]);
    expect(await decide({ ...begun, "studio-4": {} })).toEqual([copies, download("studio-2")]);
    const ongoing: Partial<FakeNode> = { ...nothing, download: { done: 1, total: 1e15, state: "ongoing" } };
    expect(await decide({ ...all, "studio-3": ongoing })).toEqual([
      download("studio-3"),
      "copy the weights to studio-1, studio-2 from the nodes that have them",
    ]);
  });

  test("with exo's own entry too", async () => {
    expect(await decide({ "studio-3": nothing }, { entryMode: "builtin" })).toEqual([
      "copy the weights to studio-3 from the nodes that have them",
    ]);
  });

  test("source: node:NAME gives, and nobody else does", async () => {
    const weightsFrom = nodeName("studio-4");
    const only = "copy the weights to studio-1 from studio-4";
    expect(await decide({ "studio-1": nothing }, { weightsFrom })).toEqual([only]);
    const begun = { "studio-1": { ...nothing, partBytes: 5 } };
    expect(await decide(begun, { weightsFrom })).toEqual([only]);
    expect(await decide({}, { weightsFrom: nodeName("studio-9") })).toEqual([]);
  });

  test("source: node:NAME that cannot give says why", async () => {
    const weightsFrom = nodeName("studio-4");
    const lacking = { "studio-1": nothing };
    expect(await decide({ ...lacking, "studio-4": nothing }, { weightsFrom })).toMatch(
      /^never: .*studio-4, and it has no complete files/,
    );
    expect(await decide({ ...lacking, "studio-4": { agent: false } }, { weightsFrom })).toMatch(
      /^soon: the agent on studio-4/,
    );
    expect(await decide(lacking, { weightsFrom: nodeName("studio-9") })).toMatch(/^soon: .*no node of that name/);
  });
});

describe("bringing weights", () => {
  const run = async (faults: Faults = {}) => {
    const cluster = clusterOf({ "studio-2": nothing, "studio-3": nothing }, faults);
    const told: string[] = [];
    const deps = {
      access: cluster,
      copier: cluster.copier,
      clock: cluster.clock,
      newUuid: () => "abcdef00-1111-4222-8333-444444444444",
      report: (line: Parameters<typeof describeProgress>[0]) => told.push(describeProgress(line)),
    };
    const outcome: unknown = await converge(target(), deps, signal).catch((error: unknown) => error);
    return { cluster, told, outcome };
  };

  test("copies once, links, and runs", async () => {
    const { cluster, told, outcome } = await run();
    expect(outcome).toMatchObject({ changed: true });
    expect(cluster.log.filter((line) => /copy|download/.test(line))).toEqual(["copy to studio-2, studio-3"]);
    expect(cluster.nodes.get("studio-3")?.linked).toBe(true);
    expect(told).toContain("half of it");
  });

  test("a copy that fails ends it with the reason, and nothing is started", async () => {
    const refused = new Problem("failed", "copy_failed", "studio-3: the disk is full");
    const { cluster, outcome } = await run({ copies: refused });
    expect(outcome).toBe(refused);
    expect(cluster.instances).toEqual([]);
  });

  test("a copy that the agents do not see afterwards is not tried for ever", async () => {
    const { cluster, outcome } = await run({ copies: "unseen" });
    expect(outcome).toMatchObject({ code: "copy_not_seen" });
    expect(cluster.log.filter((line) => line.startsWith("copy"))).toHaveLength(1);
  });
});
