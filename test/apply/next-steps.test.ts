import { describe, expect, test } from "vitest";
import type { ClusterView } from "../../src/apply/cluster-access.js";
import { type Known, type NextSteps, nextSteps } from "../../src/apply/next-steps.js";
import type { ApplyTarget, TargetCopy } from "../../src/apply/target.js";
import { entryOfCopy } from "../../src/cluster/copy-entry.js";
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
  weights: "published",
  copies: [
    {
      sharding: "pipeline",
      stages: [
        { node: nodeName("studio-2"), layers: { start: 0, end: 14 } },
        { node: nodeName("studio-1"), layers: { start: 14, end: 26 } },
        { node: nodeName("studio-3"), layers: { start: 26, end: 36 } },
      ],
    },
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
  return () => `00000${count++}00-1111-4222-8333-444444444444`;
};
const known = (change: Partial<Known> = {}): Known => ({
  proven: new Set(),
  ensured: new Map(),
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

  test("missing weights are copied to where layers go, and linked afterwards", async () => {
    const cluster = prepared(fakeCluster([...names, "studio-4"], gptOssEntry));
    for (const name of ["studio-1", "studio-4"]) {
      const node = cluster.nodes.get(name);
      if (node !== undefined) Object.assign(node, { weights: false, linked: false });
    }
    expect(briefly(await decide(cluster)).slice(0, 3)).toEqual([
      "sync-weights",
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
    expect(spec).toMatchObject({ sharding: "pipeline", transport: { kind: "ring" } });
    const addresses = spec.transport.kind === "ring" ? spec.transport.addresses : [];
    expect([addresses[0]?.[1], addresses[1]?.[0]]).toEqual(["192.168.1.1", "192.168.1.2"]);
    expect(new Set(spec.shards.map((shard) => shard.runnerId)).size).toBe(3);
    expect(spec.instanceId).toMatch(/^exoctl-lab-gpt-oss-120b-g4-[0-9a-f]{6}$/);
    expect(spec.model.modelId).toBe(gptOssEntry.modelId);
  });

  test("has a port that no other instance uses", async () => {
    const cluster = fakeCluster(names, gptOssEntry);
    cluster.instances = [wanted({ id: "somebody-elses", modelId: "somebody/else" })];
    const { port } = (await specOf(cluster)).transport;
    expect(port).not.toBe(50_000);
    expect(port).toBeGreaterThanOrEqual(49_152);
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

describe("several copies", () => {
  const whole = (node: string): TargetCopy => ({
    sharding: "pipeline",
    stages: [{ node: nodeName(node), layers: { start: 0, end: 36 } }],
  });
  const three: ApplyTarget = { ...target, copies: names.map(whole) };
  const idOf = (number: number): string => entryOfCopy(gptOssEntry, number).modelId;
  const running = (node: string, number: number, change: Partial<FakeInstance> = {}): FakeInstance =>
    wanted({
      id: `exoctl-lab-gpt-oss-120b-g3-00000${number}`,
      modelId: idOf(number),
      nodes: [node],
      ends: [36],
      ...change,
    });
  /** Every node has and lists the entries of three copies. */
  function withEntries(cluster: FakeCluster): FakeCluster {
    for (const node of prepared(cluster).nodes.values())
      for (const number of [2, 3]) {
        const entry = entryOfCopy(gptOssEntry, number);
        node.copies.set(entry.modelId, { card: renderCard(entry, variant71), listed: true });
      }
    return cluster;
  }
  const clusterOf = (...instances: FakeInstance[]): FakeCluster => {
    const cluster = withEntries(fakeCluster(names, gptOssEntry));
    cluster.instances = instances;
    return cluster;
  };
  const created = (next: NextSteps) =>
    (next.kind === "steps" ? next.steps : []).flatMap((step) =>
      step.action === "create-instance" ? [[step.node, step.instance.model.modelId]] : [],
    );

  test("each gets an entry, an id and an instance of its own, and its own nodes are asked", async () => {
    const next = await decide(prepared(fakeCluster(names, gptOssEntry)), {}, three);
    const steps = next.kind === "steps" ? next.steps : [];
    const entries = steps.flatMap((step) =>
      step.action === "ensure-entry" ? [`${step.entry.modelId} ${step.node}`] : [],
    );
    expect(entries).toEqual([2, 3].flatMap((number) => names.map((name) => `${idOf(number)} ${name}`)));
    expect(created(next)).toEqual(names.map((name, index) => [name, idOf(index + 1)]));
    const proofs = steps.flatMap((step) => (step.action === "prove" ? [step.node] : []));
    expect(proofs).toEqual(names);
  });

  test("what runs keeps its number, and what is lost gets the one that is free", async () => {
    const cluster = clusterOf(running("studio-3", 1), running("studio-1", 3));
    const proven = new Set(cluster.instances.map((instance) => instance.id));
    expect(created(await decide(cluster, { proven }, three))).toEqual([["studio-2", idOf(2)]]);
  });

  test("a copy that came to nothing is deleted before its number is used again, and the others are left alone", async () => {
    const cluster = clusterOf(
      running("studio-1", 1),
      running("studio-2", 2),
      running("studio-3", 3, { nodes: ["ghost"] }),
    );
    const proven = new Set(cluster.instances.map((instance) => instance.id));
    expect(briefly(await decide(cluster, { proven }, three)).slice(0, 2)).toEqual([
      "delete-instance exoctl-lab-gpt-oss-120b-g3-000003",
      "create-instance",
    ]);
  });

  test("a surplus copy goes after the wanted ones are proven; one whose nodes are needed goes before", async () => {
    const surplus = running("studio-3", 3);
    const two: ApplyTarget = { ...three, copies: [whole("studio-1"), whole("studio-2")] };
    const beside = briefly(await decide(clusterOf(running("studio-1", 1), surplus), {}, two));
    expect(beside).toEqual([
      `prove ${running("studio-1", 1).id}`,
      "create-instance",
      expect.stringMatching(/^await-ready/),
      expect.stringMatching(/^prove/),
      `delete-instance ${surplus.id}`,
    ]);
    const spread = running("studio-2", 3, { nodes: ["studio-2", "studio-3"], ends: [18, 36] });
    expect(briefly(await decide(clusterOf(running("studio-1", 1), spread), {}, two))[0]).toBe(
      `delete-instance ${spread.id}`,
    );
  });

  test("where exo lacks memory by its own count, what is surplus goes first", async () => {
    const cluster = withEntries(fakeCluster(names, gptOssEntry, { freeBytes: 60e9 }));
    cluster.instances = [running("studio-3", 3)];
    const one: ApplyTarget = { ...three, copies: [whole("studio-1")] };
    expect(briefly(await decide(cluster, {}, one))[0]).toMatch(/^delete-instance/);
  });

  test("one that is ready is asked, and serves, even if another one can't be started", async () => {
    const cluster = clusterOf(running("studio-1", 1));
    const view = await cluster.observe(signal);
    const nodes = view.inventory.nodes.map((node) =>
      node.name === "studio-2" ? { ...node, notReady: ["exo is not running on it"] } : node,
    );
    const looked = { ...view, inventory: { ...view.inventory, nodes } };
    expect(briefly(nextSteps(three, looked, known()))).toEqual([`prove ${running("studio-1", 1).id}`]);
    expect(briefly(nextSteps(three, looked, known({ proven: new Set([running("studio-1", 1).id]) })))).toEqual([
      "blocked soon: node_not_ready",
    ]);
  });

  test("exo's own entry is one id, so several copies of it are refused", async () => {
    const next = await decide(fakeCluster(names, gptOssEntry), {}, { ...three, entryMode: "builtin" });
    expect(briefly(next)).toEqual(["blocked never: copies_need_entries"]);
  });
});

describe("a tensor pair", () => {
  const stages = ["studio-1", "studio-3"].map((node) => ({ node: nodeName(node), layers: { start: 0, end: 36 } }));
  const pair: ApplyTarget = { ...target, copies: [{ sharding: "tensor", stages }] };
  const rdma = ["studio-1", "studio-3"];

  test("is asked for with all layers on both members, over RDMA, meeting at rank 0", async () => {
    const next = await decide(prepared(fakeCluster(names, gptOssEntry, { rdma })), {}, pair);
    const [create] = next.kind === "steps" ? next.steps : [];
    expect(create).toMatchObject({
      instance: {
        sharding: "tensor",
        shards: [{ layers: { start: 0, end: 36 } }, { layers: { start: 0, end: 36 } }],
        transport: {
          kind: "jaccl",
          interfaces: [
            ["", "rdma_to_studio-3"],
            ["rdma_to_studio-1", ""],
          ],
          coordinators: ["", "192.168.1.1"],
        },
      },
    });
  });

  test("is never replaced by a pipeline where RDMA is missing: it is refused", async () => {
    const next = await decide(prepared(fakeCluster(names, gptOssEntry)), {}, pair);
    expect(briefly(next)).toEqual(["blocked soon: no_rdma"]);
    expect(next.kind === "blocked" && next.problem.message).toContain("studio-1");
  });

  test("is recognised whatever the order of its members; the same nodes over the ring are something else", async () => {
    const cluster = prepared(fakeCluster(names, gptOssEntry, { rdma }));
    const shared = wanted({ nodes: rdma.toReversed(), ends: [36, 36], sharding: "tensor" });
    cluster.instances = [shared];
    expect(briefly(await decide(cluster, { proven: new Set([shared.id]) }, pair))).toEqual([]);
    cluster.instances = [wanted({ nodes: rdma, ends: [18, 36] })];
    expect(briefly(await decide(cluster, {}, pair)).slice(0, 2)).toEqual([
      `delete-instance ${wanted().id}`,
      "create-instance",
    ]);
  });
});
