import fc from "fast-check";
import { expect, test } from "vitest";
import { classicPartitions, classicShards } from "../../src/cluster/classic-ring.js";
import { classicMemoryFor } from "../../src/plan/classic-memory.js";
import { type RecordedComputation, recording } from "../support/classic-recordings.js";

/** Different ids in any order, so that no order of ids could help by chance. */
const counts = fc
  .array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 })
  .map((list) => list.toSorted((left, right) => right - left))
  .chain((list) =>
    fc
      .uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: list.length, maxLength: list.length })
      .map((ids) => list.map((layers, at) => ({ node: ids[at] as string, layers }))),
  );

test("exo's formula gives exactly the wanted ranges, whatever the ids", () => {
  fc.assert(
    fc.property(counts, (shares) => {
      const answer = classicMemoryFor(shares);
      if (answer.kind === "refused") throw new Error(answer.message);
      const layers = shares.reduce((sum, share) => sum + share.layers, 0);
      const nodes = [...answer.memoryMb].map(([id, memory]) => ({ id, memory }));
      const ring = classicShards(classicPartitions(nodes.toReversed()), layers);
      expect(ring.map(({ node, layers: { start, end } }) => ({ node, layers: end - start }))).toEqual(shares);
      expect(nodes.every(({ memory }) => Number.isInteger(memory) && memory > 0 && memory < 2 ** 31)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test.each(["natural-order", "other-order", "equal"])("the values that were tried on real nodes: %s", (name) => {
  const recorded = recording(`partitions/forced-shim-${name}`);
  const wanted: [string, number][] = Object.entries(recorded.wanted);
  const answer = classicMemoryFor(wanted.map(([node, layers]) => ({ node, layers })));
  const used: [string, string][] = Object.entries(recorded.values_used);
  expect(answer).toEqual({
    kind: "memory",
    memoryMb: new Map(used.map(([node, words]) => [node, Number(words.replace(" MB", ""))])),
  });
});

test.each(["shim-natural-order", "shim-other-order", "shim-equal", "proxy-other-order", "block-other-order"])(
  "what each node computed from forced values: %s",
  (name) => {
    const { wanted, per_node } = recording(`partitions/forced-${name}`);
    const order: [string, number][] = Object.entries(wanted);
    for (const { computed } of Object.values<{ computed: RecordedComputation }>(per_node)) {
      const nodes = Object.entries(computed.memory).map(([id, memory]) => ({ id, memory }));
      const ring = classicShards(classicPartitions(nodes), 36);
      expect(ring.map(({ node, layers: { start, end } }) => [node, end - start])).toEqual(order);
      expect(ring.map(({ layers: { start, end } }) => [start, end - 1])).toEqual(computed.shards);
    }
  },
);

test("limits of the method are refused, with the node that meets them", () => {
  const refusal = (...shares: readonly (readonly [string, number])[]) => {
    const answer = classicMemoryFor(shares.map(([node, layers]) => ({ node, layers })));
    return answer.kind === "refused" ? [answer.code, answer.node] : "accepted";
  };
  expect(refusal()).toEqual(["no_nodes", undefined]);
  expect(refusal(["a", 2], ["a", 1])).toEqual(["duplicate_id", "a"]);
  expect(refusal(["a", 2], ["b", 0])).toEqual(["no_layers", "b"]);
  expect(refusal(["a", 2], ["b", 0.5])).toEqual(["no_layers", "b"]);
  expect(refusal(["a", 5], ["b", 5], ["c", 6])).toEqual(["larger_later", "c"]);
  expect(refusal(["a", 500_000], ["b", 1])).toEqual(["too_fine", undefined]);
  expect(refusal(["a", 36])).toBe("accepted");
});
