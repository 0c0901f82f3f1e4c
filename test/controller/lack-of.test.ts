import { describe, expect, test } from "vitest";
import { lackOf } from "../../src/controller/lack-of.js";
import type { ModelRun } from "../../src/controller/model-run.js";
import { planModel } from "../../src/controller/plan-model.js";
import type { RunnerState } from "../../src/inventory/exo-state.js";
import { aClusterView, aModel, anEntry, aSpec } from "../support/controller-house.js";
import { anAgent, anInstance } from "../support/inventory-builders.js";

const names = ["studio-1", "studio-2", "studio-3", "studio-4"];
const several = anEntry("{ context: 8192, concurrency: 1, objective: throughput, replicas: auto }");
const ids = ["exoctl-lab-gpt-oss-120b-g1-aaaaaa", "exoctl-lab-gpt-oss-120b-g1-bbbbbb"] as const;
const first = anInstance(ids[0], names.slice(0, 2), [18, 36]);
const second = (runner: RunnerState = "ready") =>
  anInstance(ids[1], names.slice(2), [18, 36], [runner, runner], { modelId: "exoctl/gpt-oss-120b-MXFP4-Q8-copy2" });
const whole = aClusterView(names, { instances: [first, second()] });

const aRun = (entry = several, view = whole): ModelRun => ({
  entry,
  model: aModel(entry),
  plan: planModel(entry, aSpec(), view.inventory, view.deployment),
  proven: new Set(ids),
  failures: 0,
  retryAt: 0,
});

describe("a model with copies lacks", () => {
  test("nothing while all of them serve", () => {
    expect(aRun().plan?.copies).toHaveLength(2);
    expect(lackOf(aRun(), whole)).toBeUndefined();
  });

  test("everything while nobody has looked, or none serves", () => {
    expect(lackOf(aRun(), undefined)).toBe("it is not served");
    expect(lackOf(aRun(), aClusterView(names))).toBe("it is not served");
  });

  test("the copy that does not serve, though the model is served", () => {
    const broken = aClusterView(names, { instances: [first, second("failed")] });
    expect(lackOf(aRun(), broken)).toBe("1 of 2 copies are not served");
    expect(lackOf({ ...aRun(), proven: new Set([ids[0]]) }, whole)).toBe("1 of 2 copies are not served");
  });

  test("a plan for a node that has come back, or is no longer cordoned", () => {
    const agents = names.map((name) => anAgent(name, name === "studio-4" ? { exo: { state: "failed" } } : {}));
    const without = aClusterView(names, { agents, instances: [first] });
    const alone = aRun(several, without);
    expect(alone.plan?.copies).toHaveLength(1);
    expect(lackOf(alone, without)).toBeUndefined();
    expect(lackOf(alone, aClusterView(names, { instances: [first] }))).toMatch(/^studio-4 was not there/);
    const cordoned = aClusterView(names, { instances: [first], cordoned: new Set(["studio-3"]) });
    expect(lackOf(aRun(several, cordoned), aClusterView(names, { instances: [first] }))).toMatch(/^studio-3/);
  });
});

test("a single placement that serves lacks nothing, whoever joins: a move would interrupt it", () => {
  const before = aClusterView(names.slice(0, 2), { instances: [first] });
  expect(lackOf(aRun(anEntry(), before), aClusterView(names, { instances: [first] }))).toBeUndefined();
});
