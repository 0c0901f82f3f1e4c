import { expect, test } from "vitest";
import { nodeName } from "../../src/cluster/names.js";
import type { AddedModel } from "../../src/controller/added-models.js";
import { entriesOfAdded, entriesOfRuns, isKeptOn } from "../../src/controller/kept-entries.js";
import type { ModelRun } from "../../src/controller/model-run.js";
import type { ModelPlan } from "../../src/controller/plan-model.js";
import { agents, anAddedModel } from "../support/added-models.js";
import { aMember, aModel, anEntry } from "../support/controller-house.js";

const aRun = (change: Partial<ModelRun> = {}): ModelRun => ({
  entry: anEntry(),
  model: aModel(change.entry),
  proven: new Set(["an-instance"]),
  failures: 0,
  retryAt: 0,
  ...change,
});
const idsOf = (runs: readonly ModelRun[]) => entriesOfRuns(runs).map(({ entry }) => entry.modelId);

test("a desired model's entry is kept, and left to its first start until that has ended", () => {
  const awaited = (run: Partial<ModelRun>) => entriesOfRuns([aRun(run)]).map(({ awaits }) => awaits);
  expect(awaited({ proven: new Set() })).toEqual(["first-start"]);
  expect(awaited({ proven: new Set(), failures: 1 })).toEqual([undefined]);
  expect(awaited({})).toEqual([undefined]);
  expect(idsOf([aRun(), aRun({ entry: anEntry("{}", "gpt-oss-20b") })])).toEqual([
    "exoctl/gpt-oss-120b-MXFP4-Q8",
    "exoctl/gpt-oss-20b-MXFP4-Q8",
  ]);
});

test("each planned copy has an entry; exo's own is nothing to keep", () => {
  const plan = { copies: [{}, {}] } as unknown as ModelPlan;
  expect(idsOf([aRun({ plan })])).toEqual(["exoctl/gpt-oss-120b-MXFP4-Q8", "exoctl/gpt-oss-120b-MXFP4-Q8-copy2"]);
  expect(idsOf([aRun({ entry: { ...anEntry(), entry: "builtin" } })])).toEqual([]);
  const infeasible = { copies: [] } as unknown as ModelPlan;
  expect(idsOf([aRun({ plan: infeasible })])).toHaveLength(1);
});

test("an entry may be kept on every node, or on some", () => {
  const [kept] = entriesOfRuns([aRun()]);
  if (kept === undefined) throw new Error("no entry");
  expect(isKeptOn(kept, nodeName("any"))).toBe(true);
  const some = { ...kept, nodes: new Set([nodeName("one")]) };
  expect([isKeptOn(some, nodeName("one")), isKeptOn(some, nodeName("two"))]).toEqual([true, false]);
});

test("an added entry is kept on every node, or on those members that it was added on", () => {
  const members = [aMember("one"), aMember("two")];
  const on = (nodes: AddedModel["nodes"]) => entriesOfAdded([anAddedModel({ nodes })], members);
  expect(on("all")).toEqual([{ entry: anAddedModel().entry, nodes: "every" }]);
  expect(on(agents("two", "gone"))).toEqual([{ entry: anAddedModel().entry, nodes: new Set(["two"]) }]);
});
