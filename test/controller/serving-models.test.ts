import { describe, expect, test } from "vitest";
import type { ModelRun } from "../../src/controller/model-run.js";
import { retryDelayMs } from "../../src/controller/model-run.js";
import { clientNames, servingModels } from "../../src/controller/serving-models.js";
import type { RunnerState } from "../../src/inventory/exo-state.js";
import { Problem } from "../../src/runtime/problem.js";
import { aClusterView, aModel, anEntry } from "../support/controller-house.js";
import { anAgent, anInstance } from "../support/inventory-builders.js";

const names = ["studio-1", "studio-2"];
const id = "exoctl-lab-gpt-oss-120b-g1-aaaaaa";
const aRun = (change: Partial<ModelRun> = {}): ModelRun => ({
  entry: anEntry(),
  model: aModel(),
  proven: new Set(),
  failures: 0,
  retryAt: 0,
  ...change,
});
const viewOf = (runner: RunnerState, instanceId = id) =>
  aClusterView(names, { instances: [anInstance(instanceId, names, [18, 36], [runner, runner])] });
const serving = (run: ModelRun, view: ReturnType<typeof viewOf> | undefined) => servingModels([run], {}, view)[0];

describe("a model", () => {
  test("that is ready and proven is served by every node of it, rank 0 first", () => {
    expect(serving(aRun({ proven: new Set([id]) }), viewOf("ready"))).toEqual({
      name: "gpt-oss-120b",
      aliases: [],
      contextTokens: 32_768,
      state: "ready",
      targets: [
        {
          id: `${id}@studio-1`,
          copy: id,
          baseUrl: "http://studio-1.test:52415",
          upstreamModel: "exoctl/gpt-oss-120b-MXFP4-Q8",
          ready: true,
          simulated: false,
        },
        expect.objectContaining({ id: `${id}@studio-2` }),
      ],
    });
  });

  test("whose agent missed an answer is still served: exo answers for itself", () => {
    const agents = names.map((name) => anAgent(name, { trouble: "restarting" }));
    const view = aClusterView(names, { agents, instances: [anInstance(id, names, [18, 36])] });
    expect(serving(aRun({ proven: new Set([id]) }), view)?.targets).toHaveLength(2);
  });

  test.each<[string, Partial<ModelRun>, ReturnType<typeof viewOf> | undefined, string, RegExp]>([
    ["nobody has looked yet", { proven: new Set([id]) }, undefined, "loading", /being placed/],
    ["there is no instance", {}, aClusterView(names), "loading", /being placed/],
    ["it is ready and has not been asked yet", {}, viewOf("ready"), "loading", /answers are being checked/],
    ["another instance was proven", { proven: new Set(["old"]) }, viewOf("ready"), "loading", /being checked/],
    ["it is loading", { proven: new Set([id]) }, viewOf("loading"), "loading", /it is loading/],
    ["a runner failed", { proven: new Set([id]) }, viewOf("failed"), "unavailable", /rank 0 failed/],
    ["somebody else's instance runs it", {}, viewOf("ready", "theirs"), "loading", /being placed/],
    [
      "the last attempt failed",
      { trouble: new Problem("infeasible", "infeasible", "it does not fit") },
      aClusterView(names),
      "unavailable",
      /does not fit/,
    ],
  ])("is not ready while %s", (_case, run, view, state, reason) => {
    const model = serving(aRun(run), view);
    expect(model).toMatchObject({ state, targets: [] });
    expect(model?.reason).toMatch(reason);
  });

  test("has the aliases that lead to it, and no others", () => {
    const aliases = { think: "gpt-oss-120b", fast: "gpt-oss-20b", also: "gpt-oss-120b" };
    expect(servingModels([aRun()], aliases, undefined)[0]?.aliases).toEqual(["think", "also"]);
    expect(clientNames([anEntry()], aliases)).toEqual(["gpt-oss-120b", "think", "fast", "also"]);
  });
});

test("several copies: requests go to every proven and ready one, under its own id", () => {
  const copy = (number: number, runner: RunnerState) =>
    anInstance(`exoctl-lab-gpt-oss-120b-g1-00000${number}`, [`studio-${number}`], [36], [runner], {
      modelId: `exoctl/gpt-oss-120b-MXFP4-Q8${number > 1 ? `-copy${number}` : ""}`,
    });
  const instances = [copy(1, "ready"), copy(2, "running"), copy(3, "loading"), copy(4, "ready")];
  const view = aClusterView(["studio-1", "studio-2", "studio-3", "studio-4"], { instances });
  const proven = new Set(instances.slice(0, 3).map((instance) => instance.id));
  const model = serving(aRun({ proven }), view);
  expect(model?.state).toBe("ready");
  expect(model?.targets.map(({ id: target, copy: of, upstreamModel }) => [target, of, upstreamModel])).toEqual([
    [`${instances[0]?.id}@studio-1`, instances[0]?.id, "exoctl/gpt-oss-120b-MXFP4-Q8"],
    [`${instances[1]?.id}@studio-2`, instances[1]?.id, "exoctl/gpt-oss-120b-MXFP4-Q8-copy2"],
  ]);
});

test("an IPv6 address stands in brackets", () => {
  const view = viewOf("ready");
  const nodes = view.inventory.nodes.map((node) => ({
    ...node,
    exo: { ...node.exo, value: { ...node.exo.value, address: { host: "fe80::1%en0", port: 52415 } } },
  }));
  const model = serving(aRun({ proven: new Set([id]) }), { ...view, inventory: { ...view.inventory, nodes } });
  expect(model?.targets[0]?.baseUrl).toBe("http://[fe80::1%en0]:52415");
});

test("pauses between attempts double up to a minute", () => {
  expect([1, 2, 3, 5, 6, 7, 1_000].map(retryDelayMs)).toEqual([2_000, 4_000, 8_000, 32_000, 60_000, 60_000, 60_000]);
});
