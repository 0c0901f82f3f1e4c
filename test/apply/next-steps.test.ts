import { describe, expect, test } from "vitest";
import type { ClusterView } from "../../src/apply/cluster-access.js";
import { type Known, type NextSteps, nextSteps } from "../../src/apply/next-steps.js";
import type { ApplyTarget } from "../../src/apply/target.js";
import { nodeName } from "../../src/cluster/names.js";
import { renderCard } from "../../src/register/render-card.js";
import { type FakeCluster, type FakeInstance, fakeCluster } from "../support/apply-fake-cluster.js";
import { gptOssEntry, variant71 } from "../support/exo-fixtures.js";

const names = ["studio-1", "studio-2", "studio-3"];
const signal = new AbortController().signal;

const target: ApplyTarget = {
  clusterId: "lab",
  generation: 4,
  servedName: "gpt-oss-120b",
  entry: gptOssEntry,
  entryMode: "own",
  stages: [
    { node: nodeName("studio-2"), layers: { start: 0, end: 14 } },
    { node: nodeName("studio-1"), layers: { start: 14, end: 26 } },
    { node: nodeName("studio-3"), layers: { start: 26, end: 36 } },
  ],
};

const wanted = (change: Partial<FakeInstance> = {}): FakeInstance => ({
  id: "exoctl-lab-gpt-oss-120b-g3-aaaaaa",
  modelId: gptOssEntry.modelId,
  nodes: ["studio-2", "studio-1", "studio-3"],
  ends: [14, 26, 36],
  phase: "ready",
  age: 0,
  ...change,
});

/** Every node has the entry, linked weights and a listing. */
function prepared(cluster: FakeCluster): FakeCluster {
  for (const node of cluster.nodes.values()) {
    Object.assign(node, { card: renderCard(gptOssEntry, variant71), linked: true, listed: true });
  }
  return cluster;
}

const uuids = () => {
  let count = 0;
  return () => `0000000${count++}-1111-4222-8333-444444444444`;
};
const known = (change: Partial<Known> = {}): Known => ({
  proven: new Set(),
  ensured: new Set(),
  newUuid: uuids(),
  ...change,
});

async function decide(cluster: FakeCluster, change: Partial<Known> = {}, wish = target): Promise<NextSteps> {
  return nextSteps(wish, await cluster.observe(signal), known(change));
}

const briefly = (next: NextSteps): string[] =>
  next.kind === "blocked"
    ? [`blocked ${next.mayPass}: ${next.problem.code}`]
    : next.steps.map((step) =>
        [
          step.action,
          "node" in step && step.action !== "create-instance" && step.action !== "prove" ? step.node : "",
          "instanceId" in step ? step.instanceId : "",
        ]
          .filter(Boolean)
          .join(" "),
      );

describe("what is to be done", () => {
  test("on bare nodes: entries everywhere, listings, then the instance", async () => {
    expect(briefly(await decide(fakeCluster(names, gptOssEntry)))).toEqual([
      "ensure-entry studio-1",
      "ensure-entry studio-2",
      "ensure-entry studio-3",
      "rescan studio-1",
      "rescan studio-2",
      "rescan studio-3",
      "create-instance",
      expect.stringMatching(/^await-ready exoctl-lab-gpt-oss-120b-g4-/),
      expect.stringMatching(/^prove exoctl-lab-gpt-oss-120b-g4-/),
    ]);
  });

  test("nothing, when it runs, is ready and proven, whatever its generation", async () => {
    const cluster = prepared(fakeCluster(names, gptOssEntry));
    cluster.instances = [wanted()];
    expect(briefly(await decide(cluster, { proven: new Set([wanted().id]) }))).toEqual([]);
  });

  test("only a proof, when nobody remembers one", async () => {
    const cluster = prepared(fakeCluster(names, gptOssEntry));
    cluster.instances = [wanted()];
    expect(briefly(await decide(cluster))).toEqual([`prove ${wanted().id}`]);
  });

  test("waiting for one that is starting, instead of a second one", async () => {
    const cluster = prepared(fakeCluster(names, gptOssEntry));
    cluster.instances = [wanted({ phase: "loading" })];
    expect(briefly(await decide(cluster))).toEqual([`await-ready ${wanted().id}`, `prove ${wanted().id}`]);
  });

  test.each<[string, Partial<FakeInstance>]>([
    ["other cuts", { ends: [13, 26, 36] }],
    ["other rank order", { nodes: names }],
    ["another model", { modelId: "mlx-community/gpt-oss-120b-MXFP4-Q8" }],
    ["fewer nodes", { nodes: names.slice(0, 2), ends: [20, 36] }],
    ["a failed runner", { phase: "failed" }],
  ])("one of ours with %s goes first, then the new one comes", async (_, change) => {
    const cluster = prepared(fakeCluster(names, gptOssEntry));
    cluster.instances = [wanted(change)];
    const steps = briefly(await decide(cluster));
    expect(steps.slice(0, 2)).toEqual([`delete-instance ${wanted().id}`, "create-instance"]);
  });

  test("a second one of ours goes, the ready one stays", async () => {
    const cluster = prepared(fakeCluster(names, gptOssEntry));
    cluster.instances = [wanted({ id: "exoctl-lab-gpt-oss-120b-g2-000001", phase: "loading" }), wanted()];
    expect(briefly(await decide(cluster))).toEqual([
      "delete-instance exoctl-lab-gpt-oss-120b-g2-000001",
      `prove ${wanted().id}`,
    ]);
  });

  test.each([
    "6d1f0c0e-1111-4222-8333-444444444444",
    "exoctl-other-gpt-oss-120b-g3-aaaaaa",
    "exoctl-lab-gpt-oss-20b-g3-aaaaaa",
    "exoctl-lab-gpt-oss-120b-g3-aaaaaa-copy",
    "exoctl-lab-2-gpt-oss-120b-g3-aaaaaa",
  ])("%s is not this model's and stays", async (id) => {
    const cluster = prepared(fakeCluster(names, gptOssEntry));
    cluster.instances = [wanted({ id, ends: [1, 2, 36] })];
    expect(briefly(await decide(cluster)).filter((step) => step.startsWith("delete"))).toEqual([]);
  });

  test("missing weights are downloaded where layers go, and linked afterwards", async () => {
    const cluster = prepared(fakeCluster([...names, "studio-4"], gptOssEntry));
    for (const name of ["studio-1", "studio-4"]) {
      const node = cluster.nodes.get(name);
      if (node !== undefined) Object.assign(node, { weights: false, linked: false });
    }
    expect(briefly(await decide(cluster)).slice(0, 3)).toEqual([
      "download-weights studio-1",
      "ensure-entry studio-1",
      "create-instance",
    ]);
  });

  test("an entry whose text is out of date is written again", async () => {
    const cluster = prepared(fakeCluster(names, gptOssEntry));
    cluster.instances = [wanted()];
    const node = cluster.nodes.get("studio-3");
    if (node !== undefined) node.card = "# Written by exoctl.\nolder";
    expect(briefly(await decide(cluster))[0]).toBe("ensure-entry studio-3");
  });

  test("over exo's API alone the built-in entry is used and no agent is asked", async () => {
    const cluster = fakeCluster(names, gptOssEntry);
    for (const node of cluster.nodes.values()) node.agent = false;
    const next = await decide(cluster, {}, { ...target, entryMode: "builtin" });
    expect(briefly(next).map((step) => step.split(" ")[0])).toEqual(["create-instance", "await-ready", "prove"]);
    const [create] = next.kind === "steps" ? next.steps : [];
    expect(create).toMatchObject({ instance: { model: { modelId: gptOssEntry.weightsOf } } });
  });
});

describe("the instance that is asked for", () => {
  const specOf = async (cluster: FakeCluster) => {
    const next = await decide(prepared(cluster));
    const create = next.kind === "steps" ? next.steps.find((step) => step.action === "create-instance") : undefined;
    if (create?.action !== "create-instance") throw new Error("no instance is asked for");
    return create.instance;
  };

  test("names nodes by exo's present ids, in rank order, with addresses of both directions", async () => {
    const spec = await specOf(fakeCluster(names, gptOssEntry));
    expect(spec.shards.map((shard) => [shard.nodeId, shard.layers])).toEqual([
      ["exo-of-studio-2", { start: 0, end: 14 }],
      ["exo-of-studio-1", { start: 14, end: 26 }],
      ["exo-of-studio-3", { start: 26, end: 36 }],
    ]);
    expect(spec.addresses[0]?.[1]).toBe("192.168.1.1");
    expect(spec.addresses[1]?.[0]).toBe("192.168.1.2");
    expect(new Set(spec.shards.map((shard) => shard.runnerId)).size).toBe(3);
    expect(spec.instanceId).toMatch(/^exoctl-lab-gpt-oss-120b-g4-[0-9a-f]{6}$/);
    expect(spec.model.modelId).toBe(gptOssEntry.modelId);
  });

  test("has a port that no other instance uses", async () => {
    const cluster = fakeCluster(names, gptOssEntry);
    cluster.instances = [wanted({ id: "somebody-elses", modelId: "somebody/else" })];
    const { ringPort } = await specOf(cluster);
    expect(ringPort).not.toBe(50_000);
    expect(ringPort).toBeGreaterThanOrEqual(49_152);
  });
});

describe("what stands in the way", () => {
  const change = async (cluster: FakeCluster, edit: (view: ClusterView) => Partial<ClusterView>): Promise<string[]> => {
    const view = await prepared(cluster).observe(signal);
    return briefly(nextSteps(target, { ...view, ...edit(view) }, known()));
  };
  const withNodes = (view: ClusterView, edit: (node: ClusterView["inventory"]["nodes"][number]) => object) => ({
    inventory: { ...view.inventory, nodes: view.inventory.nodes.map((node) => ({ ...node, ...edit(node) })) },
  });

  test("a node that is not ready, before anything is deleted", async () => {
    const cluster = fakeCluster(names, gptOssEntry);
    cluster.instances = [wanted({ ends: [1, 2, 36] })];
    expect(
      await change(cluster, (view) => withNodes(view, () => ({ notReady: ["exo is not running on it"] }))),
    ).toEqual(["blocked soon: node_not_ready"]);
  });

  test("no exo to talk to", async () => {
    const cluster = fakeCluster(names, gptOssEntry);
    const mute = (node: ClusterView["inventory"]["nodes"][number]) => ({
      exo: { ...node.exo, value: { state: "running" as const } },
    });
    expect(await change(cluster, (view) => withNodes(view, mute))).toEqual(["blocked soon: exo_unreachable"]);
  });

  test("no way between two neighbours", async () => {
    const cluster = fakeCluster(names, gptOssEntry);
    const cut = (view: ClusterView) => ({
      inventory: { ...view.inventory, links: view.inventory.links.filter((link) => link.from !== "studio-3") },
    });
    expect(await change(cluster, cut)).toEqual(["blocked soon: no_link"]);
  });

  test("too little free memory by exo's own rule, and who holds it", async () => {
    const cluster = prepared(fakeCluster(names, gptOssEntry, { freeBytes: 60e9 }));
    cluster.instances = [wanted({ id: "somebody-elses", modelId: "somebody/else" })];
    const next = await decide(cluster);
    expect(briefly(next)).toEqual(["blocked soon: exo_memory"]);
    expect(next.kind === "blocked" && next.problem.hint).toContain("somebody-elses");
  });

  test("a foreign instance of the same model id: exo would send requests to both", async () => {
    const cluster = prepared(fakeCluster(names, gptOssEntry));
    cluster.instances = [wanted({ id: "somebody-elses" })];
    const next = await decide(cluster);
    expect(briefly(next)).toEqual(["blocked never: foreign_instance"]);
    expect(next.kind === "blocked" && next.problem.message).toContain("somebody-elses");
  });

  test("memory is not judged while something of ours is still to be deleted", async () => {
    const cluster = prepared(fakeCluster(names, gptOssEntry, { freeBytes: 60e9 }));
    cluster.instances = [wanted({ ends: [1, 2, 36] })];
    expect(briefly(await decide(cluster))[0]).toMatch(/^delete-instance/);
  });

  test("an exo that has no card of the built-in model", async () => {
    const cluster = fakeCluster(names, gptOssEntry);
    const view = await cluster.observe(signal);
    const empty = new Map(names.map((name) => [nodeName(name), []]));
    expect(briefly(nextSteps({ ...target, entryMode: "builtin" }, { ...view, listed: empty }, known()))).toEqual([
      "blocked never: entry_not_listed",
    ]);
  });
});
