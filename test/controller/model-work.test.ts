import { describe, expect, test } from "vitest";
import type { ModelEntry } from "../../src/config/cluster-spec.js";
import { createLocalWeights } from "../../src/controller/local-weights.js";
import { createModelWork } from "../../src/controller/model-work.js";
import type { ProgressLine } from "../../src/controller/progress-line.js";
import { ExoUnreachableError } from "../../src/inventory/exo-state.js";
import { knownModels } from "../../src/models/known-models.js";
import { type FakeInstance, type Faults, fakeCluster } from "../support/apply-fake-cluster.js";
import { anEntry, aSpec, createTestLogger } from "../support/controller-house.js";
import { gptOssEntry } from "../support/exo-fixtures.js";

const names = ["studio-1", "studio-2", "studio-3"];
const { signal } = new AbortController();

const anOwn = (change: Partial<FakeInstance> = {}): FakeInstance => ({
  id: "exoctl-lab-gpt-oss-120b-g1-aaaaaa",
  modelId: gptOssEntry.modelId,
  nodes: ["studio-1", "studio-2"],
  ends: [18, 36],
  phase: "ready",
  age: 0,
  ...change,
});

/** Work on a cluster in memory. */
function someWork(faults: Faults = {}, models: readonly ModelEntry[] = [anEntry()]) {
  const cluster = fakeCluster(names, gptOssEntry, faults);
  const logger = createTestLogger();
  const desired = { generation: 4, models };
  let counter = 0;
  const work = createModelWork({
    clusterId: "lab",
    access: cluster,
    copier: cluster.copier,
    spec: () => aSpec(),
    desired: () => desired,
    known: () => knownModels(),
    localWeights: createLocalWeights(cluster),
    entryMode: () => "own",
    clock: cluster.clock,
    newUuid: () => `${(counter++).toString(16).padStart(6, "0")}00-1111-4222-8333-444444444444`,
    timings: { pollMs: 4_000 },
    logger,
  });
  const told: ProgressLine[] = [];
  const converge = (name?: string, until = signal) => work.converge(name, (line) => told.push(line), until);
  return { cluster, work, told, converge, desired, logger };
}

describe("bringing a model up", () => {
  test("from bare nodes to a proven instance, telling each step; again changes nothing", async () => {
    const { work, converge, told, cluster } = someWork();
    const done = await converge();
    expect(done).toMatchObject({ generation: 4, changed: true });
    expect(done.steps.map((step) => step.action)).toEqual(
      expect.arrayContaining(["ensure-entry", "rescan", "create-instance", "await-ready", "prove"]),
    );
    expect(told[0]?.text).toMatch(/^gpt-oss-120b goes to /);
    const begun = told.filter((line) => line.kind === "begin").map((line) => line.text);
    expect(
      told
        .filter((line) => line.kind === "end")
        .map((line) => line.text)
        .toSorted(),
    ).toEqual(begun.toSorted());
    const [run] = work.runs();
    expect(run).toMatchObject({ proven: new Set([cluster.instances[0]?.id]), failures: 0, plan: { verdict: "place" } });
    expect(await converge()).toEqual({ generation: 4, changed: false, steps: [] });
    expect(cluster.instances).toHaveLength(1);
  });

  test("a failure is told, remembered, and waited after; success forgets it", async () => {
    const { work, converge, cluster } = someWork({ answer: "x7 ##" });
    await expect(converge()).rejects.toMatchObject({ name: "Problem", code: "wrong_answer" });
    const [failed] = work.runs();
    expect(failed).toMatchObject({ failures: 1, trouble: { code: "wrong_answer" } });
    expect(failed?.retryAt).toBe(cluster.clock.now() + 2_000);
    expect(failed?.proven).toEqual(new Set());
    await expect(converge()).rejects.toMatchObject({ code: "wrong_answer" });
    expect(work.runs()[0]?.failures).toBe(2);
    cluster.faults.answer = "Paris";
    await converge();
    expect(work.runs()[0]).toMatchObject({ failures: 0, retryAt: 0 });
    expect(work.runs()[0]?.trouble).toBeUndefined();
  });

  test("what does not fit is a problem of the planner, and nothing is touched", async () => {
    const { converge, cluster } = someWork({}, [anEntry("{ minNodes: 9 }")]);
    await expect(converge()).rejects.toMatchObject({ kind: "infeasible", code: "infeasible" });
    expect(cluster.log).toEqual([]);
  });

  test("an error of ours becomes a sentence, and the log gets all of it", async () => {
    const { converge, logger } = someWork({ proveError: new TypeError("undefined is not a function") });
    await expect(converge()).rejects.toMatchObject({ name: "Problem", code: "unexpected" });
    expect(logger.lines).toEqual(["error a model could not be brought up for an unexpected reason"]);
  });

  test("abort is no failure of the model", async () => {
    const { work, converge, cluster } = someWork();
    const stop = new AbortController();
    const access = cluster.observe;
    let looks = 0;
    Object.assign(cluster, {
      observe: (until: AbortSignal) => {
        looks += 1;
        if (looks === 4) stop.abort(new Error("stopped"));
        return access(until);
      },
    });
    await expect(converge(undefined, stop.signal)).rejects.toThrow("stopped");
    expect(work.runs()[0]).toMatchObject({ failures: 0 });
  });

  test("two at once work one after the other, and the second finds everything done", async () => {
    const { work, converge, cluster } = someWork();
    const [first, second] = await Promise.all([converge(), converge("gpt-oss-120b")]);
    expect([first.changed, second.changed]).toEqual([true, false]);
    expect(cluster.log.filter((line) => line.startsWith("create"))).toHaveLength(1);
    await work.idle();
  });

  test("idle waits for what is under way", async () => {
    const { work, converge } = someWork();
    let done = false;
    const running = converge().then(() => {
      done = true;
    });
    await work.idle();
    await running;
    expect(done).toBe(true);
  });
});

describe("instances of models that nobody wants any more", () => {
  const old = anOwn({ id: "exoctl-lab-gpt-oss-20b-g1-bbbbbb", modelId: "exoctl/gpt-oss-20b-MXFP4-Q8" });

  test("are deleted; foreign ones and wanted ones are not", async () => {
    const { converge, cluster, told } = someWork();
    cluster.instances.push(anOwn(), { ...old }, { ...old, id: "theirs" });
    const done = await converge();
    expect(cluster.log.filter((line) => line.startsWith("delete"))).toEqual([`delete ${old.id}`]);
    expect(done.changed).toBe(true);
    expect(done.steps.at(0)).toMatchObject({ action: "delete-instance", node: null });
    expect(done.steps.at(-1)).toMatchObject({ action: "prove" });
    expect(told[0]?.text).toContain("no longer wanted");
    expect(cluster.instances.map((instance) => instance.id)).toEqual([anOwn().id, "theirs"]);
  });

  test("that can't be deleted are told and keep nothing from coming up", async () => {
    const { converge, cluster, told } = someWork();
    cluster.instances.push(anOwn(), { ...old });
    const exo = cluster.exo;
    const deleteInstance = () =>
      Promise.reject(new ExoUnreachableError({ host: "studio-1", port: 52415 }, { cause: undefined }));
    Object.assign(cluster, { exo: (name: never) => ({ ...exo(name), deleteInstance }) });
    await converge();
    expect(told[0]?.text).toMatch(/is still there: exo at studio-1:52415 did not answer/);
  });

  test("are left alone when only one model is asked for", async () => {
    const { converge, cluster } = someWork();
    cluster.instances.push(anOwn(), { ...old });
    await converge("gpt-oss-120b");
    expect(cluster.log.filter((line) => line.startsWith("delete"))).toEqual([]);
  });
});

describe("looking ahead", () => {
  const wanted = { spec: aSpec(), generation: 5, models: [anEntry()] };

  test("shows the first steps and changes nothing", async () => {
    const { work, cluster } = someWork();
    const shown = await work.preview(wanted, undefined, signal);
    expect(shown).toMatchObject({ generation: 5, changed: true });
    expect(shown.steps.at(0)).toMatchObject({ action: "ensure-entry", node: "studio-1" });
    expect(cluster.log).toEqual([]);
    expect(work.runs()[0]?.plan).toBeUndefined();
  });

  test("counts what is ready as proven, and shows what would be deleted", async () => {
    const { work, cluster, converge } = someWork();
    await converge();
    expect(await work.preview(wanted, undefined, signal)).toEqual({ generation: 5, changed: false, steps: [] });
    const without = await work.preview({ ...wanted, models: [] }, undefined, signal);
    expect(without.steps.map((step) => step.action)).toEqual(["delete-instance"]);
    expect(cluster.instances).toHaveLength(1);
  });

  test("plans without remembering: what runs keeps the figures it was made with", async () => {
    const { work, cluster } = someWork();
    const view = await cluster.observe(signal);
    expect(work.plan(view).verdict).toBe("place");
    expect(work.plan(view, "gpt-oss-120b").verdict).toBe("place");
    expect(work.runs()[0]?.plan).toBeUndefined();
  });

  test("answers what would be with other machines, by the same rules as the plan itself", async () => {
    const { work, cluster } = someWork();
    const view = await cluster.observe(signal);
    const { before, after, gain } = work.whatIf(view, "add=m3ultra-512,link=studio-1:m3ultra-512=rdma", "gpt-oss-120b");
    expect(before).toEqual(work.plan(view).result);
    expect(after.kind).toBe("plan");
    expect(gain).toBeGreaterThan(0);
    expect(after.reasons.map(({ code }) => code)).toContain("kept_below_limit");
    expect(() => work.whatIf(view, "add=fridge,remove=ghost")).toThrowError(
      expect.objectContaining({ code: "bad_what_if", message: expect.stringMatching(/"fridge".*\n.*"ghost"/) }),
    );
    expect(cluster.log).toEqual([]);
  });

  test("names what is there when another model is asked for", async () => {
    const { work, cluster } = someWork();
    const view = await cluster.observe(signal);
    expect(() => work.plan(view, "gpt-oss-20b")).toThrowError(
      expect.objectContaining({ kind: "usage", hint: "They are gpt-oss-120b." }),
    );
    expect(() => someWork({}, []).work.plan(view)).toThrowError(expect.objectContaining({ code: "no_models" }));
  });
});
