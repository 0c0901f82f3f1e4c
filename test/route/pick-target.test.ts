import fc from "fast-check";
import { expect, test } from "vitest";
import { pickTarget } from "../../src/route/pick-target.js";
import type { Target } from "../../src/route/serving-model.js";

const aTarget = (id: string, overrides: Partial<Target> = {}): Target => ({
  id,
  copy: `copy of ${id}`,
  baseUrl: "http://10.0.0.11:52415",
  upstreamModel: "exoctl/gpt-oss-120b-MXFP4-Q8",
  ready: true,
  simulated: false,
  ...overrides,
});

test("the target with the fewest open requests gets the next one", () => {
  const targets = [aTarget("a"), aTarget("b"), aTarget("c")];
  expect(pickTarget(targets, new Map(Object.entries({ a: 3, b: 1, c: 2 })))?.id).toBe("b");
});

test("a target without a count has no open requests", () => {
  expect(pickTarget([aTarget("a"), aTarget("b")], new Map([["a", 1]]))?.id).toBe("b");
});

test("what is not ready or was tried already is passed over, however idle", () => {
  const targets = [aTarget("a", { ready: false }), aTarget("b"), aTarget("c")];
  expect(pickTarget(targets, new Map([["c", 9]]), new Set(["b"]))?.id).toBe("c");
  expect(pickTarget(targets, new Map(), new Set(["b", "c"]))).toBeUndefined();
  expect(pickTarget([], new Map())).toBeUndefined();
});

test("the order of targets never matters, and the choice is ready and least loaded", () => {
  const some = fc.uniqueArray(
    fc.record({ id: fc.string({ minLength: 1 }), ready: fc.boolean(), load: fc.nat({ max: 3 }) }),
    { selector: ({ id }) => id, minLength: 1 },
  );
  fc.assert(
    fc.property(some, fc.nat(), (entries, turn) => {
      const targets = entries.map(({ id, ready }) => aTarget(id, { ready }));
      const loads = new Map(entries.map(({ id, load }) => [id, load]));
      const turned = [...targets.slice(turn % targets.length), ...targets.slice(0, turn % targets.length)];
      const choice = pickTarget(targets, loads);
      expect(pickTarget(turned, loads)?.id).toBe(choice?.id);
      const ready = entries.filter((entry) => entry.ready);
      expect(choice === undefined).toBe(ready.length === 0);
      if (choice === undefined) return;
      expect(choice.ready).toBe(true);
      expect(loads.get(choice.id)).toBe(Math.min(...ready.map(({ load }) => load)));
    }),
  );
});

test("copies share the load evenly, however many nodes each of them has", () => {
  const targets = [aTarget("a@1", { copy: "a" }), aTarget("a@2", { copy: "a" }), aTarget("b@3", { copy: "b" })];
  const open = new Map<string, number>();
  for (let request = 0; request < 6; request += 1) {
    const { id } = pickTarget(targets, open) ?? aTarget("none");
    open.set(id, (open.get(id) ?? 0) + 1);
  }
  expect([...open].toSorted()).toEqual([
    ["a@1", 2],
    ["a@2", 1],
    ["b@3", 3],
  ]);
});

test("a request that failed on one node of a copy goes to another copy, and to its other nodes when there is none", () => {
  const targets = [aTarget("a@1", { copy: "a" }), aTarget("a@2", { copy: "a" }), aTarget("b@3", { copy: "b" })];
  const busy = new Map([["b@3", 9]]);
  expect(pickTarget(targets, busy, new Set(["a@1"]))?.id).toBe("b@3");
  expect(pickTarget(targets, busy, new Set(["a@1", "b@3"]))?.id).toBe("a@2");
});
