import { expect, test } from "vitest";
import { agentId } from "../../src/cluster/names.js";
import { isWantedOn, withAdded, withoutAdded } from "../../src/controller/added-models.js";
import { aConversion, agents, anAddedModel } from "../support/added-models.js";

const [a, b, c] = ["a", "b", "c"].map((name) => agentId(`agent-of-${name}`)) as [never, never, never];
const id = anAddedModel().entry.modelId;

test("the same model again changes nothing, so nothing has to be written", () => {
  const once = withAdded([], anAddedModel());
  expect(withAdded(once, anAddedModel({ addedAt: 9_000, addedBy: "somebody else" }))).toBe(once);
});

test("models with different entries stand beside each other", () => {
  expect(withAdded([anAddedModel()], aConversion()).map(({ name }) => name)).toEqual([
    "gpt-oss-120b",
    "local/tiny-gpt-oss",
  ]);
});

test("further nodes join those of before, and who added it first stays", () => {
  const first = withAdded([], anAddedModel({ nodes: [b] }));
  const then = withAdded(first, anAddedModel({ nodes: [a, b], addedAt: 9_000, addedBy: "somebody else" }));
  expect(then).toEqual([anAddedModel({ nodes: [a, b] })]);
  expect(withAdded(then, anAddedModel({ nodes: "all" }))).toEqual([anAddedModel()]);
});

test("newer facts of an entry replace the old ones", () => {
  const changed = { ...aConversion().entry, storageBytes: 17 };
  const next = withAdded([aConversion()], aConversion({ entry: changed }));
  expect(next[0]?.entry.storageBytes).toBe(17);
});

test("removed on one of all nodes, it is wanted on the others that are known", () => {
  const left = withoutAdded([anAddedModel()], id, [b], [c, b, a]);
  expect(left).toEqual([anAddedModel({ nodes: agents("a", "c") })]);
  expect([a, b, c].map((agent) => isWantedOn(left[0] ?? anAddedModel(), agent))).toEqual([true, false, true]);
});

test("removed on its last node, or everywhere, it is gone", () => {
  expect(withoutAdded([anAddedModel({ nodes: [a] })], id, [a, b], [a, b])).toEqual([]);
  expect(withoutAdded([anAddedModel(), aConversion()], id, "all", [a])).toEqual([aConversion()]);
});

test("removing what is not wanted there changes nothing", () => {
  const models = [anAddedModel({ nodes: [a] })];
  expect(withoutAdded(models, "exoctl/other", "all", [a])).toBe(models);
  expect(withoutAdded(models, id, [b], [a, b])).toBe(models);
});
