import { describe, expect, test } from "vitest";
import type { ClusterView } from "../../src/apply/cluster-access.js";
import { isRunAs } from "../../src/cluster/copy-entry.js";
import { exoNodeId, nodeName } from "../../src/cluster/names.js";
import type { ModelEntry } from "../../src/config/cluster-spec.js";
import { cordonedNodes, planModel, targetOf } from "../../src/controller/plan-model.js";
import { type KnownSpec, knownModel, planningProblem } from "../../src/controller/planning-problem.js";
import type { ExoInstance } from "../../src/inventory/exo-state.js";
import { aClusterView, aModel, anEntry, aSpec } from "../support/controller-house.js";
import { anAgent, anInstance } from "../support/inventory-builders.js";

const GIB = 2 ** 30;
const names = ["studio-1", "studio-2", "studio-3"];
const id = "exoctl-lab-gpt-oss-120b-g1-aaaaaa";

/** The plan, and its only copy. */
function plan(view: ClusterView, entry: ModelEntry = anEntry(), spec: KnownSpec = aSpec()) {
  const planned = planModel(entry, spec, view.inventory, view.deployment);
  const [only, ...others] = planned.copies;
  expect(others).toEqual([]);
  return { ...planned, stages: only?.stages ?? [], evaluation: only?.evaluation };
}
const cuts = (stages: readonly { node: string; layers: { start: number; end: number } }[]) =>
  stages.map(({ node, layers }) => [node, layers.start, layers.end]);
const running = (...instances: ExoInstance[]): ClusterView => aClusterView(names, { instances });

describe("planning a model", () => {
  test("on a bare cluster places all 36 layers", () => {
    const planned = plan(aClusterView(names));
    expect(planned.verdict).toBe("place");
    expect(planned.stages.at(0)?.layers.start).toBe(0);
    expect(planned.stages.at(-1)?.layers.end).toBe(36);
    expect(planned.evaluation?.fits).toBe(true);
    expect(planned.predicted?.decodeTokensPerSec).toBeCloseTo(1 / (planned.evaluation?.latencySec ?? 0), 9);
  });

  test("where it does not fit, says so and places nothing", () => {
    const planned = plan(aClusterView(["studio-1"]), anEntry("{ minNodes: 1 }"));
    expect(planned).toMatchObject({ verdict: "infeasible", copies: [], result: { kind: "infeasible" } });
  });

  test("leaves out nodes that are not ready and cordoned ones", () => {
    const agents = [anAgent("studio-1"), anAgent("studio-2"), anAgent("studio-3", { exo: { state: "failed" } })];
    expect(plan(aClusterView(names, { agents })).stages.map((stage) => stage.node)).not.toContain("studio-3");
    const cordoned = new Set(["studio-2"]);
    expect(plan(aClusterView(names, { cordoned })).stages.map((stage) => stage.node)).not.toContain("studio-2");
  });

  test("keeps the headroom that the cluster file asks for", () => {
    const spec = aSpec("nodes: { defaults: { headroom: 3GiB }, studio-2: { headroom: 20GiB } }");
    const view = aClusterView(names);
    const { nodes } = planningProblem(anEntry(), spec, view.inventory, view.deployment);
    expect(nodes.map((node) => node.reserveBytes / GIB)).toEqual([3, 20, 3]);
  });

  test("an unknown combination of model and storage is a problem in words", () => {
    const entry = { ...anEntry(), name: "gpt-oss-999b" };
    expect(() => knownModel(entry, aSpec().known)).toThrowError(
      expect.objectContaining({ code: "unknown_model", kind: "usage" }),
    );
  });
});

describe("what runs already", () => {
  const best = plan(aClusterView(names));
  const asPlanned = anInstance(
    id,
    best.stages.map((stage) => stage.node),
    best.stages.map((stage) => stage.layers.end),
  );

  test("stays when it is the optimum", () => {
    const planned = plan(running(asPlanned));
    expect(planned.verdict).toBe("keep");
    expect(cuts(planned.stages)).toEqual(cuts(best.stages));
  });

  test("stays when it is less than a tenth slower: loading again costs more", () => {
    const [first, second] = best.stages;
    if (first === undefined || second === undefined) throw new Error("two stages were expected");
    const other = anInstance(id, [second.node, first.node], [first.layers.end, 36]);
    const planned = plan(running(other));
    expect(planned.verdict).toBe("keep");
    expect(cuts(planned.stages)).toEqual([
      [second.node, 0, first.layers.end],
      [first.node, first.layers.end, 36],
    ]);
  });

  test("goes when it is clearly slower than the optimum", () => {
    const slow = ["studio-1", "studio-2", "studio-3"];
    const agents = [
      anAgent("studio-1", {
        report: { hardware: { modelIdentifier: "x", chip: "Apple M1 Max", memoryBytes: 64 * GIB } },
      }),
      anAgent("studio-2"),
      anAgent("studio-3"),
    ];
    const planned = plan(aClusterView(names, { agents, instances: [anInstance(id, slow, [24, 30, 36])] }));
    expect(planned.verdict).toBe("place");
    expect(planned.stages.map((stage) => stage.node)).not.toContain("studio-1");
  });

  test("goes when one of its nodes can't hold it any more, or is gone", () => {
    const lost = best.stages[0]?.node ?? "";
    const agents = names.map((name) => anAgent(name, name === lost ? { exo: { state: "stopped" } } : {}));
    const planned = plan(aClusterView(names, { agents, instances: [asPlanned] }));
    expect(planned.verdict).not.toBe("keep");
    expect(planned.stages.map((stage) => stage.node)).not.toContain(lost);
  });

  test("stays when only the agent of one of its nodes is lost: exo there goes on serving", () => {
    const silent = best.stages[0]?.node ?? "";
    const agents = names.map((name) => anAgent(name, name === silent ? { ageMs: 60_000, trouble: "gone" } : {}));
    const view = aClusterView(names, { agents, instances: [asPlanned] });
    expect(view.inventory.nodes.find((node) => node.name === silent)?.notReady).not.toEqual([]);
    expect(plan(view).verdict).toBe("keep");
    expect(plan(aClusterView(names, { agents })).stages.map((stage) => stage.node)).not.toContain(silent);
  });

  test("stays on a cordoned node: a cordon takes no new layers and drives none away", () => {
    const cordoned = new Set([best.stages[0]?.node ?? ""]);
    expect(plan(aClusterView(names, { cordoned, instances: [asPlanned] })).verdict).toBe("keep");
  });

  test("goes when the cluster file now wants more nodes", () => {
    const planned = plan(running(asPlanned), anEntry("{ minNodes: 3 }"));
    expect(planned.verdict).toBe("place");
    expect(planned.stages).toHaveLength(3);
  });

  test("is not looked at while it is only starting, or when somebody else made it", () => {
    const starting = {
      ...asPlanned,
      shards: asPlanned.shards.map((shard) => ({ ...shard, runner: "loading" as const })),
    };
    expect(plan(running(starting)).verdict).toBe("place");
    expect(plan(running({ ...asPlanned, id: "somebody-elses" })).verdict).toBe("place");
  });

  test("may use again what it holds itself: its own memory does not count against it", () => {
    const agents = names.map((name) =>
      anAgent(name, {
        report: {
          memory: {
            totalBytes: 64 * GIB,
            availableBytes: best.stages.some((stage) => stage.node === name) ? 8 * GIB : 50 * GIB,
            workingSetBytes: 55_663_000_000,
            workingSetSource: "metal",
          },
        },
      }),
    );
    const full = aClusterView(names, { agents, instances: [asPlanned] });
    const { nodes } = planningProblem(anEntry(), aSpec(), full.inventory, full.deployment);
    for (const stage of best.evaluation?.stages ?? []) {
      const node = nodes.find((candidate) => candidate.name === stage.node);
      expect(node?.budgetBytes).toBeGreaterThan(8 * GIB + stage.weightBytes);
    }
    const foreign = aClusterView(names, { agents, instances: [{ ...asPlanned, id: "foreign" }] });
    expect(plan(foreign).verdict).toBe("infeasible");
  });

  test("leaves room for the cluster's other models, and they for it: neither drives the other away", () => {
    const small = anEntry("{ context: 8192, concurrency: 1, minNodes: 1 }", "gpt-oss-20b");
    const spec = { ...aSpec(), models: [anEntry(), small] };
    const beside = plan(running(asPlanned), small, spec);
    expect(beside.verdict).toBe("place");
    const second = anInstance(
      "exoctl-lab-gpt-oss-20b-g1-bbbbbb",
      beside.stages.map((stage) => stage.node),
      beside.stages.map((stage) => stage.layers.end),
      [],
      { modelId: "exoctl/gpt-oss-20b-MXFP4-Q8", modelLayers: 24 },
    );
    const both = running(asPlanned, second);
    expect(plan(both, anEntry(), spec).verdict).toBe("keep");
    expect(plan(both, small, spec).verdict).toBe("keep");
    const limit = 55_663_000_000;
    for (const name of names) {
      const stages = [best, beside].flatMap((planned) => planned.evaluation?.stages ?? []);
      const used = stages.filter((stage) => stage.node === name);
      const bytes = used.reduce((sum, stage) => sum + stage.weightBytes + stage.kvBytes + stage.fixedBytes, 0);
      expect(bytes + 3 * GIB).toBeLessThanOrEqual(limit);
    }
  });

  test("counts only the layers that a loading runner has loaded", () => {
    const shard = (done: number) => ({
      ...asPlanned,
      shards: asPlanned.shards.map((item) => ({
        ...item,
        runner: "loading" as const,
        progress: { layersLoaded: done, totalLayers: 18 },
      })),
    });
    const agents = names.map((name) =>
      anAgent(name, {
        report: {
          memory: { totalBytes: 64 * GIB, availableBytes: GIB, workingSetBytes: 64 * GIB, workingSetSource: "metal" },
        },
      }),
    );
    const budgets = [1, 5].map((done) => {
      const view = aClusterView(names, { agents, instances: [shard(done)] });
      const { nodes } = planningProblem(anEntry(), aSpec(), view.inventory, view.deployment);
      return nodes.find((node) => node.name === best.stages[0]?.node)?.budgetBytes ?? 0;
    });
    expect((budgets[1] ?? 0) - (budgets[0] ?? 0)).toBe(4 * aModel().spec.weightBytesPerLayer);
  });
});

test("an instance runs a model under our id or the built-in one, and under no other", () => {
  const { instances } = running(
    anInstance("exoctl-lab-a", names, [12, 24, 36]),
    anInstance("exoctl-lab-b", names, [12, 24, 36], [], { modelId: "mlx-community/gpt-oss-120b-MXFP4-Q8" }),
    anInstance("exoctl-lab-c", names, [12, 24, 36], [], { modelId: "mlx-community/gpt-oss-20b-MXFP4-Q8" }),
  ).deployment;
  expect(instances.map((instance) => isRunAs(aModel().entry, instance.modelId))).toEqual([true, true, false]);
});

test("a plan becomes what apply shall reach", () => {
  const planned = plan(aClusterView(names));
  const target = targetOf(anEntry(), aModel(), planned, { clusterId: "lab", generation: 4 });
  expect(target).toMatchObject({
    clusterId: "lab",
    generation: 4,
    servedName: "gpt-oss-120b",
    entryMode: "own",
    entry: { modelId: "exoctl/gpt-oss-120b-MXFP4-Q8", layers: 36 },
    copies: [{ sharding: "pipeline", stages: planned.stages }],
  });
});

test("cordons come from the file and from commands", () => {
  const spec = aSpec("nodes: { studio-1: { cordon: true }, studio-2: {} }");
  const members = [
    { name: nodeName("studio-2"), cordoned: false },
    { name: nodeName("studio-3"), cordoned: true },
  ];
  expect(cordonedNodes(spec, members)).toEqual(new Set(["studio-1", "studio-3"]));
});

describe("several copies", () => {
  const entry = anEntry("{ context: 8192, concurrency: 1, minNodes: 1, objective: throughput, replicas: auto }");
  const large = (name: string) =>
    anAgent(name, {
      report: {
        hardware: { modelIdentifier: "Mac16,9", chip: "Apple M4 Max", memoryBytes: 128 * GIB },
        memory: {
          totalBytes: 128 * GIB,
          availableBytes: 120 * GIB,
          workingSetBytes: 110 * GIB,
          workingSetSource: "metal",
        },
      },
    });
  const copyOn = (name: string, number: number) =>
    anInstance(`exoctl-lab-gpt-oss-120b-g1-00000${number}`, [name], [36], [], {
      modelId: `exoctl/gpt-oss-120b-MXFP4-Q8${number === 1 ? "" : `-copy${number}`}`,
    });
  const viewOf = (...instances: ExoInstance[]) => aClusterView(names, { agents: names.map(large), instances });
  const copiesOf = (view: ClusterView, of = entry) => {
    const { verdict, copies } = planModel(of, aSpec(), view.inventory, view.deployment);
    return [verdict, copies.map(({ stages }) => stages.map(({ node }) => node).join(" "))];
  };

  test("are all planned, and their rates add", () => {
    const { inventory, deployment } = viewOf();
    const { copies, predicted } = planModel(entry, aSpec(), inventory, deployment);
    expect(copies.map(({ stages }) => stages.length)).toEqual([1, 1, 1]);
    expect(predicted?.aggregateTokensPerSec).toBeCloseTo(3 * (predicted?.decodeTokensPerSec ?? 0), 6);
    expect(
      targetOf(entry, aModel(entry), planModel(entry, aSpec(), inventory, deployment), {
        clusterId: "lab",
        generation: 1,
      }).copies,
    ).toHaveLength(3);
  });

  test("stay when one is lost, which comes back beside them; nothing is added to what is whole", () => {
    expect(copiesOf(viewOf(copyOn("studio-3", 1), copyOn("studio-1", 2)))).toEqual([
      "extend",
      ["studio-3", "studio-1", "studio-2"],
    ]);
    expect(copiesOf(viewOf(copyOn("studio-1", 1), copyOn("studio-2", 2), copyOn("studio-3", 3)))[0]).toBe("keep");
  });

  test("are not planned over exo's own entry, which is one id; that is said", () => {
    const { inventory, deployment } = viewOf();
    const { copies, result } = planModel({ ...entry, entry: "builtin" }, aSpec(), inventory, deployment);
    expect(copies).toHaveLength(1);
    expect(result.reasons.map(({ code }) => code)).toContain("one_entry_one_copy");
  });
});

describe("a tensor pair", () => {
  const entry = anEntry("{ context: 8192, concurrency: 1, sharding: tensor }");
  const rdma = (from: string, to: string) => ({
    kind: "rdma" as const,
    from: exoNodeId(`exo-of-${from}`),
    to: exoNodeId(`exo-of-${to}`),
    sourceInterface: "rdma_en3",
    sinkInterface: "rdma_en4",
  });
  const edges = [rdma("studio-1", "studio-3"), rdma("studio-3", "studio-1")];
  const shared = (...nodes: string[]): ExoInstance => {
    const instance = anInstance(id, nodes, [36, 36], [], { sharding: "tensor", transport: "jaccl" });
    return { ...instance, shards: instance.shards.map((shard) => ({ ...shard, layers: { start: 0, end: 36 } })) };
  };

  test("is planned where there is RDMA both ways, with half of every layer on each member", () => {
    const planned = plan(aClusterView(names, { observation: { edges } }), entry);
    expect(planned.copies[0]?.sharding).toBe("tensor");
    expect(cuts(planned.stages)).toEqual([
      ["studio-1", 0, 36],
      ["studio-3", 0, 36],
    ]);
    expect(planned.evaluation?.stages[0]?.weightBytes).toBeLessThan(40 * GIB);
    expect(plan(aClusterView(names), entry)).toMatchObject({
      verdict: "infeasible",
      result: { shortfalls: [{ code: "tensor_links" }] },
    });
  });

  test("that runs stays, and counts for what it holds: its share, not all layers", () => {
    const view = aClusterView(names, { observation: { edges }, instances: [shared("studio-3", "studio-1")] });
    expect(plan(view, entry).verdict).toBe("keep");
    const { nodes } = planningProblem(anEntry("{}", "gpt-oss-20b"), aSpec(), view.inventory, view.deployment);
    const [one, two] = nodes.map((node) => node.budgetBytes);
    const promised = (two ?? 0) - (one ?? 0);
    expect(promised).toBeGreaterThan(30 * GIB);
    expect(promised).toBeLessThan(40 * GIB);
  });
});
