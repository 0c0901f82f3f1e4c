import { describe, expect, test } from "vitest";
import { nodeName } from "../../src/cluster/names.js";
import { buildStatus, type StatusInput } from "../../src/controller/build-status.js";
import type { ModelRun } from "../../src/controller/model-run.js";
import { planModel } from "../../src/controller/plan-model.js";
import { servingModels } from "../../src/controller/serving-models.js";
import type { ExoInstance } from "../../src/inventory/exo-state.js";
import { entryFor } from "../../src/models/catalogue.js";
import { Problem } from "../../src/runtime/problem.js";
import { aClusterView, aMember, aModel, anEntry, aSpec } from "../support/controller-house.js";
import { anAgent, anInstance, now } from "../support/inventory-builders.js";

const names = ["studio-1", "studio-2"];
const id = "exoctl-lab-gpt-oss-120b-g1-aaaaaa";
const instances = [anInstance(id, names, [18, 36])];
const aRun = (change: Partial<ModelRun> = {}): ModelRun => ({
  entry: anEntry(),
  model: aModel(),
  proven: new Set(),
  failures: 0,
  retryAt: 0,
  ...change,
});

const ready = (shards: ExoInstance["shards"]): ExoInstance["shards"] =>
  shards.map((shard) => ({ ...shard, runner: "ready" }));

const status = (change: Partial<StatusInput> = {}) => {
  const input = { view: aClusterView(names), runs: [aRun()], ...change };
  return buildStatus({
    simulated: false,
    cluster: "studio",
    generation: 3,
    gateway: "http://127.0.0.1:8415",
    now,
    fleet: [],
    serving: servingModels(input.runs, {}, input.view),
    drift: [],
    ...input,
  });
};

describe("nodes", () => {
  test("are ready, not ready, cordoned or unreachable, each with reasons", () => {
    const all = ["a", "b", "c", "d"];
    const agents = [
      anAgent("a"),
      anAgent("b", { exo: { state: "starting" } }),
      anAgent("c"),
      anAgent("d", { ageMs: 60_000, trouble: "no route to host" }),
    ];
    const view = aClusterView(["a", "b", "c"], { agents, cordoned: new Set(["c"]) });
    const { nodes } = status({ view, runs: [] });
    expect(nodes.map((node) => [node.name, node.state])).toEqual(
      all.map((name, at) => [name, ["ready", "not-ready", "cordoned", "unreachable"][at]]),
    );
    expect(nodes[3]?.reasons[0]).toContain("no route to host");
    expect(nodes[0]).toMatchObject({
      chip: "Apple M4 Max",
      memoryBytes: 64 * 2 ** 30,
      workingSetBytes: 55_663_000_000,
    });
  });

  test("that were not heard of since the start are listed with what is known of them", () => {
    const fleet = [{ member: aMember("studio-1") }, { member: aMember("studio-9"), trouble: "no route to host" }];
    expect(status({ fleet, view: undefined }).nodes).toEqual([
      expect.objectContaining({ name: "studio-1", state: "unreachable", reasons: ["its agent has not answered yet"] }),
      expect.objectContaining({ name: "studio-9", state: "unreachable", reasons: ["no route to host"] }),
    ]);
    expect(status({ fleet }).nodes.map((node) => node.name)).toEqual(["studio-1", "studio-2", "studio-9"]);
  });

  test("look unreachable when nobody has looked for long", () => {
    expect(status({ now: now + 60_000 }).nodes.map((node) => node.state)).toEqual(["unreachable", "unreachable"]);
  });
});

describe("models", () => {
  const view = aClusterView(names, { instances });
  const plan = planModel(anEntry(), aSpec(), view.inventory, view.deployment);

  test("show their stages with the memory of the plan, and the predicted speed", () => {
    const [model] = status({ view, runs: [aRun({ plan, proven: new Set([id]) })] }).models;
    expect(model).toMatchObject({ name: "gpt-oss-120b", state: "ready", reason: null, instance: id, layers: 36 });
    expect(model?.stages.map(({ node, rank, startLayer, endLayer }) => [node, rank, startLayer, endLayer])).toEqual([
      ["studio-1", 0, 0, 18],
      ["studio-2", 1, 18, 36],
    ]);
    expect(model?.stages[0]?.weightBytes).toBe(plan.copies[0]?.evaluation.stages[0]?.weightBytes);
    expect(model?.predicted).toEqual(plan.predicted);
  });

  test("borrow neither memory nor speed from a plan that is not what runs", () => {
    const other = aClusterView(names, { instances: [anInstance(id, names, [17, 36])] });
    const [model] = status({ view: other, runs: [aRun({ plan })] }).models;
    expect(model?.predicted).toBeNull();
    expect(model?.stages.map((stage) => stage.weightBytes)).toEqual([undefined, undefined]);
  });

  test("that are not there yet say why, and what to expect", () => {
    const [model] = status({ runs: [aRun({ plan })] }).models;
    expect(model).toMatchObject({ state: "loading", instance: null, stages: [], predicted: plan.predicted });
    expect(model?.reason).toBe("it is being placed");
  });
});

describe("copies of a model", () => {
  const entry = anEntry("{ context: 8192, concurrency: 1, objective: throughput, replicas: auto }");
  const four = ["studio-1", "studio-2", "studio-3", "studio-4"];
  const second = "exoctl-lab-gpt-oss-120b-g1-bbbbbb";
  const copies = [
    anInstance(id, four.slice(0, 2), [18, 36]),
    anInstance(second, four.slice(2), [18, 36], ["loading", "loading"], {
      modelId: "exoctl/gpt-oss-120b-MXFP4-Q8-copy2",
    }),
  ];
  const whole = aClusterView(four, { instances: copies.map((copy) => ({ ...copy, shards: ready(copy.shards) })) });
  const plan = planModel(entry, aSpec(), whole.inventory, whole.deployment);
  const modelOf = (view: ReturnType<typeof aClusterView>, proven: readonly string[]) =>
    status({ view, runs: [aRun({ entry, plan, proven: new Set(proven) })] }).models[0];

  test("are all shown with their layers and state; the one that serves is what the model's own fields say", () => {
    const model = modelOf(aClusterView(four, { instances: copies }), [id]);
    expect(model).toMatchObject({ state: "ready", instance: id });
    expect(model?.stages).toEqual(model?.copies[0]?.stages);
    expect(model?.copies.map(({ instance, modelId, state, reason }) => [instance, modelId, state, reason])).toEqual([
      [id, "exoctl/gpt-oss-120b-MXFP4-Q8", "ready", null],
      [second, "exoctl/gpt-oss-120b-MXFP4-Q8-copy2", "loading", "it is loading"],
    ]);
    expect(model?.copies[1]?.stages).toMatchObject([
      { node: "studio-3", rank: 0, startLayer: 0, endLayer: 18 },
      { node: "studio-4", rank: 1, startLayer: 18, endLayer: 36 },
    ]);
    expect(model?.copies[1]?.stages[0]?.weightBytes).toBeGreaterThan(0);
    expect(model?.copies[1]?.predictedTokensPerSec).toBeGreaterThan(0);
  });

  test("that are ready but have not answered yet do not count; a proven one comes first whatever its id", () => {
    const model = modelOf(whole, [second]);
    expect(model?.instance).toBe(second);
    expect(model?.copies.map(({ state, reason }) => [state, reason])).toEqual([
      ["ready", null],
      ["loading", "its answers are being checked"],
    ]);
  });
});

test("problems: what failed, what exo said, and whose instances are left alone", () => {
  const trouble = new Problem("infeasible", "infeasible", "it does not fit");
  const view = aClusterView(names, {
    instances: [anInstance("theirs", names, [18, 36])],
    observation: { problems: ["an instance was not understood"] },
  });
  expect(status({ view, runs: [aRun({ trouble })] }).problems).toEqual([
    "gpt-oss-120b: it does not fit",
    "an instance was not understood",
    expect.stringMatching(/^instance theirs of exoctl\/gpt-oss-120b-MXFP4-Q8 .* left alone$/),
  ]);
});

test("a card of exo's own that is wrong is a problem of the model that is run by it", () => {
  const listed = new Map([
    [nodeName("studio-1"), [{ id: entryFor("gpt-oss-120b", "MXFP4-Q8", "own").weightsOf, storageBytes: 7e10 }]],
  ]);
  const view = { ...aClusterView(names), listed };
  const problems = (entry: "own" | "builtin") =>
    status({ view, runs: [aRun({ entry: { ...anEntry(), entry } })] }).problems.filter((problem) =>
      problem.includes("own card"),
    );
  expect(problems("builtin")).toEqual([expect.stringContaining("gpt-oss-120b: exo's own card")]);
  expect(problems("own")).toEqual([]);
});

test("registry entries that are not as they should be are problems, with node, what, since when, and what is done", () => {
  const finding = { code: "card-missing", message: "the card of a/b is not there", fix: "exoctl writes it again" };
  const drift = [
    { node: nodeName("studio-2"), modelId: "a/b", wrong: [{ ...finding, since: 1_000 }], mended: [] },
    { node: nodeName("studio-1"), modelId: "a/b", wrong: [], mended: [finding] },
  ];
  expect(status({ drift }).problems).toEqual([
    "studio-2: the card of a/b is not there (since 1970-01-01 00:00:01 UTC); exoctl writes it again",
  ]);
});
