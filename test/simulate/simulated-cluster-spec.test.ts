import { describe, expect, test } from "vitest";
import { evaluateTensorPair } from "../../src/plan/tensor-pair.js";
import { builtinCards } from "../../src/simulate/exo/builtin-cards.js";
import type { TaggedInstance } from "../../src/simulate/exo/exo-types.js";
import { createGenerationPace } from "../../src/simulate/exo/generation-pace.js";
import { defaultSimulation, mostBuiltinMacs, readSimulationSpec } from "../../src/simulate/simulated-cluster-spec.js";
import { aPlanNode, aPlanProblem } from "../support/plan-problems.js";

describe("the shipped cluster", () => {
  test("is P2 of the placement reference", () => {
    const macs = defaultSimulation(3).macs.map(({ profile }) => profile);
    expect(macs.map(({ name, modelIdentifier, workingSetBytes }) => [name, modelIdentifier, workingSetBytes])).toEqual([
      ["studio-1", "Mac13,1", 55_662_776_156],
      ["studio-2", "Mac14,13", 55_662_776_156],
      ["studio-3", "Mac16,9", 55_662_776_156],
    ]);
    const kinds = macs.map(({ links }) => links.map(({ to, kind }) => `${to} ${kind}`));
    expect(kinds[1]).toEqual([
      "studio-1 ethernet-10g",
      "studio-3 ethernet-10g",
      "studio-1 thunderbolt",
      "studio-3 thunderbolt",
    ]);
    expect(kinds[2]).not.toContain("studio-1 thunderbolt");
  });

  test("paces tokens as the reference computes: 29 layers on c, 7 on b, by the cable that the hosts name", () => {
    const macs = defaultSimulation(3).macs.map(({ profile }) => profile);
    const [, b, c] = macs;
    const [modelCard] = builtinCards("1.0.71");
    if (b === undefined || c === undefined || modelCard === undefined) throw new Error("incomplete");
    const shard = (deviceRank: number, startLayer: number, endLayer: number) => ({
      PipelineShardMetadata: {
        modelCard,
        deviceRank,
        worldSize: 2,
        immediateException: false,
        shouldTimeout: null,
        startLayer,
        endLayer,
        nLayers: 36,
      },
    });
    const over = (ipOfB: string, ipOfC: string): TaggedInstance => ({
      MlxRingInstance: {
        instanceId: "x",
        shardAssignments: {
          modelId: modelCard.modelId,
          runnerToShard: { r0: shard(0, 0, 29), r1: shard(1, 29, 36) },
          nodeToRunner: { nodeC: "r0", nodeB: "r1" },
        },
        hostsByNode: {
          nodeC: [
            { ip: "0.0.0.0", port: 1 },
            { ip: ipOfB, port: 1 },
          ],
          nodeB: [
            { ip: ipOfC, port: 1 },
            { ip: "0.0.0.0", port: 1 },
          ],
        },
        ephemeralPort: 1,
      },
    });
    const profiles = new Map([
      ["nodeB", b],
      ["nodeC", c],
    ]);
    const pace = createGenerationPace(over("169.254.11.1", "169.254.11.2"), profiles);
    expect(pace.stepSec(1, 32_768)).toBeCloseTo(0.0211870378667, 12);
    const slower = createGenerationPace(over("10.77.0.12", "10.77.0.13"), profiles);
    expect(slower.stepSec(1, 32_768) - pace.stepSec(1, 32_768)).toBeCloseTo(
      2 * (0.0003 + 5760 / 1.1e9 - 5760 / 2.5e9),
      12,
    );
  });

  test("paces a tensor pair as the planner does: both members at once, with their reductions", () => {
    const [one, , other] = defaultSimulation(3).macs.map(({ profile }) => profile);
    const [modelCard] = builtinCards("1.0.71");
    if (one === undefined || other === undefined || modelCard === undefined) throw new Error("incomplete");
    const rank = (deviceRank: number) => ({
      TensorShardMetadata: {
        modelCard,
        deviceRank,
        worldSize: 2,
        immediateException: false,
        shouldTimeout: null,
        startLayer: 0,
        endLayer: 36,
        nLayers: 36,
      },
    });
    const instance: TaggedInstance = {
      MlxJacclInstance: {
        instanceId: "x",
        shardAssignments: {
          modelId: modelCard.modelId,
          runnerToShard: { r0: rank(0), r1: rank(1) },
          nodeToRunner: { one: "r0", other: "r1" },
        },
        jacclDevices: [
          [null, "rdma_en3"],
          ["rdma_en3", null],
        ],
        jacclCoordinators: { one: "0.0.0.0:1", other: "10.77.0.11:1" },
      },
    };
    const pace = createGenerationPace(instance, new Map(Object.entries({ one, other })));
    const nodes = Object.entries({ one, other }).map(([name, mac]) =>
      aPlanNode(name, { effBytesPerSec: mac.effBytesPerSec, overheadSecPerLayer: mac.overheadSecPerLayer }),
    );
    const problem = aPlanProblem(nodes, { workload: { contextTokens: 8192, concurrency: 1, batch: 1 } });
    expect(pace.stepSec(1, 8192)).toBeCloseTo(evaluateTensorPair(problem, ["one", "other"]).latencySec, 12);
    const slowest = createGenerationPace(instance, new Map(Object.entries({ one, other: one })));
    expect(pace.prefillSec(1_000)).toBe(slowest.prefillSec(1_000));
  });

  test("grows to sixteen Macs and no further", () => {
    expect(defaultSimulation(mostBuiltinMacs).macs).toHaveLength(16);
    expect(() => defaultSimulation(17)).toThrow("1 to 16");
    expect(() => defaultSimulation(0)).toThrow("1 to 16");
  });
});

describe("a simulation file", () => {
  test("describes Macs and cables", () => {
    const { macs, timeScale } = readSimulationSpec(
      `timeScale: 0.5
network: ethernet-1g
macs:
  - { name: one, chip: M3 Ultra, memoryGb: 256, variant: newer, weights: none }
  - { name: two, chip: Apple M3 Ultra, memoryGb: 256 }
cables:
  - { between: [one, two], kind: rdma }`,
      "cluster.yaml",
    );
    expect(timeScale).toBe(0.5);
    expect(macs[0]).toMatchObject({ variant: "newer", weights: "none", internet: "simulated" });
    expect(macs[0]?.profile.links.map(({ kind, rdma }) => [kind, rdma])).toEqual([
      ["ethernet-1g", undefined],
      ["thunderbolt", undefined],
      ["rdma", { here: "rdma_en3", there: "rdma_en3" }],
    ]);
  });

  test("is refused with every fault at once", () => {
    const wrong = "macs:\n  - { name: One, chip: M9, memoryGb: 4 }\nspeed: 3\n";
    expect(() => readSimulationSpec(wrong, "x.yaml")).toThrow(
      /x\.yaml: .*macs\.0\.name.*macs\.0\.chip.*macs\.0\.memoryGb/,
    );
    const loose = "macs:\n  - { name: a, chip: M4 Max, memoryGb: 64 }\ncables: [{ between: [a, b], kind: wifi }]\n";
    expect(() => readSimulationSpec(loose, "x.yaml")).toThrow("there is no Mac named b");
    expect(() => readSimulationSpec("macs: [", "x.yaml")).toThrow("x.yaml");
  });
});
