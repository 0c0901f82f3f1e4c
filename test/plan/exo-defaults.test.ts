import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { classicPartitions, classicShards, roundShare } from "../../src/cluster/classic-ring.js";
import { exoClassicDefault } from "../../src/plan/exo-classic.js";
import { exoModernDefault, proportionalLayers } from "../../src/plan/exo-modern.js";
import { aPlanNode, aPlanProblem, bothWays } from "../support/plan-problems.js";

interface Recorded {
  readonly layers: number;
  readonly memoryMb: Readonly<Record<string, number>>;
  readonly partitions: readonly (readonly [id: string, start: number, end: number])[];
  readonly shards: readonly (readonly [start: number, end: number])[];
}

/** Facts that exo 0.0.15's own functions gave. */
const recorded: readonly Recorded[] = JSON.parse(
  readFileSync(new URL("../fixtures/plan/classic-partitions.json", import.meta.url), "utf8"),
);

describe("exo 0.0.x", () => {
  test.each(recorded.map((row) => [row.layers, Object.values(row.memoryMb).join("/"), row] as const))(
    "%i layers over %s MB as exo splits them",
    (layers, _, row) => {
      const nodes = Object.entries(row.memoryMb).map(([id, memory]) => ({ id, memory }));
      const partitions = classicPartitions(nodes);
      expect(partitions.map(({ id, start, end }) => [id, start, end])).toEqual(row.partitions);
      const shards = classicShards(partitions, layers).filter((stage) => stage.layers.end > stage.layers.start);
      expect(shards.map((stage) => [stage.layers.start, stage.layers.end - 1])).toEqual(row.shards);
    },
  );

  test("exact ties at the fifth digit go to the even one, as in Python", () => {
    expect([1, 3, 5, 7, 21].map((odd) => roundShare(odd / 64))).toEqual([0.01562, 0.04688, 0.07812, 0.10938, 0.32812]);
  });

  test("it fails where a peer can't be reached directly, or gets no layer", () => {
    const three = [aPlanNode("a"), aPlanNode("b"), aPlanNode("c")];
    const links = [...bothWays("a", "b"), ...bothWays("b", "c")];
    expect(exoClassicDefault(aPlanProblem(three, { links })).errorCode).toBe("partial_mesh");
    const uneven = [
      aPlanNode("a", { memoryBytes: 512 }),
      aPlanNode("b", { memoryBytes: 512 }),
      aPlanNode("c", { memoryBytes: 1 }),
    ];
    const tiny = [...uneven, aPlanNode("d", { memoryBytes: 1 })];
    expect(exoClassicDefault(aPlanProblem(tiny)).errorCode).toBe("node_without_layers");
  });
});

describe("exo 1.x", () => {
  test("layers by largest remainder, at least one each", () => {
    expect(proportionalLayers(36, [64, 64, 64])).toEqual([12, 12, 12]);
    expect(proportionalLayers(36, [100, 50, 25])).toEqual([21, 10, 5]);
    expect(proportionalLayers(10, [1000, 1, 1])).toEqual([8, 1, 1]);
  });

  test("the fewest nodes whose memory covers its card, which says 70.7 GB, and most of it on the largest", () => {
    const nodes = [
      aPlanNode("slow", { budgetBytes: 90e9, effBytesPerSec: 180e9 }),
      aPlanNode("quick", { budgetBytes: 75e9 }),
    ];
    expect(exoModernDefault(aPlanProblem(nodes)).stages).toEqual([{ node: "slow", startLayer: 0, endLayer: 36 }]);
  });

  test("what it does not count overruns memory: caches and the matrices on every node", () => {
    const nodes = ["a", "b"].map((name) => aPlanNode(name, { budgetBytes: 36e9 }));
    const found = exoModernDefault(
      aPlanProblem(nodes, { workload: { contextTokens: 131_072, concurrency: 2, batch: 1 } }),
    );
    expect(found.errorCode).toBe("overruns_memory");
    expect(found.error).toMatch(/a 18, b 18\): a lacks \d+\.\d GiB\.$/);
  });

  test("no ring, its own check, and meshes it can't list", () => {
    const small = ["a", "b"].map((name) => aPlanNode(name, { budgetBytes: 20e9 }));
    expect(exoModernDefault(aPlanProblem(small)).errorCode).toBe("no_ring");
    const oneWay = aPlanProblem([aPlanNode("a"), aPlanNode("b")], { links: bothWays("a", "b").slice(0, 1) });
    expect(exoModernDefault(oneWay).errorCode).toBe("no_ring");
    const tight = [aPlanNode("a", { budgetBytes: 69e9 }), aPlanNode("b", { budgetBytes: 1.7e9 })];
    expect(exoModernDefault(aPlanProblem(tight)).errorCode).toBe("own_check_failed");
    const many = Array.from({ length: 12 }, (_, index) => aPlanNode(`n${index}`));
    expect(exoModernDefault(aPlanProblem(many)).errorCode).toBe("too_many_rings");
  });
});
