import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ApplyProgress } from "../../src/apply/apply-progress.js";
import { describeProgress } from "../../src/apply/apply-progress.js";
import { type ApplyReport, converge } from "../../src/apply/converge.js";
import type { ApplyTarget } from "../../src/apply/target.js";
import { nodeName } from "../../src/cluster/names.js";
import { ExoAnswerError, ExoUnreachableError, type RunnerState } from "../../src/inventory/exo-state.js";
import { type FakeCluster, type FakeInstance, type Faults, fakeCluster } from "../support/apply-fake-cluster.js";
import { gptOssEntry } from "../support/exo-fixtures.js";

const names = ["studio-1", "studio-2", "studio-3"];
const GIB = 1024 ** 3;

const target: ApplyTarget = {
  clusterId: "lab",
  generation: 4,
  servedName: "gpt-oss-120b",
  entry: gptOssEntry,
  entryMode: "own",
  weights: "published",
  copies: [
    {
      sharding: "pipeline",
      stages: [
        { node: nodeName("studio-1"), layers: { start: 0, end: 14 } },
        { node: nodeName("studio-2"), layers: { start: 14, end: 26 } },
        { node: nodeName("studio-3"), layers: { start: 26, end: 36 } },
      ],
    },
  ],
};

const anOwn = (change: Partial<FakeInstance> = {}): FakeInstance => ({
  id: "exoctl-lab-gpt-oss-120b-g3-aaaaaa",
  modelId: gptOssEntry.modelId,
  nodes: names,
  ends: [14, 26, 36],
  phase: "ready",
  age: 0,
  ...change,
});

let counter = 0;
const newUuid = (): string => `${(counter++).toString(16).padStart(6, "0")}00-1111-4222-8333-444444444444`;

function apply(
  cluster: FakeCluster,
  told: ApplyProgress[] = [],
  signal = new AbortController().signal,
): Promise<ApplyReport> {
  const report = (line: ApplyProgress) => told.push(line);
  const deps = {
    access: cluster,
    copier: cluster.copier,
    clock: cluster.clock,
    newUuid,
    report,
    timings: { pollMs: 4_000 },
  };
  return converge(target, deps, signal);
}

/** Applies and gives back the problem it ends with. */
async function problemOf(faults: Faults, edit: (cluster: FakeCluster) => void = () => undefined) {
  const cluster = fakeCluster(names, gptOssEntry, faults);
  edit(cluster);
  const error: unknown = await apply(cluster).catch((thrown: unknown) => thrown);
  return { cluster, error };
}

test("from bare nodes to a proven instance, and a second time changes nothing", async () => {
  const cluster = fakeCluster(names, gptOssEntry);
  const told: ApplyProgress[] = [];
  const first = await apply(cluster, told);
  expect(first).toMatchObject({ generation: 4, changed: true });
  expect(first.steps.map((step) => step.action)).toEqual([
    "ensure-entry",
    "ensure-entry",
    "ensure-entry",
    "rescan",
    "rescan",
    "rescan",
    "create-instance",
    "await-ready",
    "prove",
  ]);
  expect(cluster.instances).toMatchObject([
    { id: first.instanceIds[0], modelId: gptOssEntry.modelId, ends: [14, 26, 36] },
  ]);
  expect(told.map(describeProgress).every((line) => line.length > 0)).toBe(true);
  expect(told.some((line) => line.kind === "starting")).toBe(true);

  const second = await apply(cluster);
  expect(second).toMatchObject({ changed: false, instanceIds: first.instanceIds });
  expect(second.steps.map((step) => step.action)).toEqual(["prove"]);

  const deps = {
    access: cluster,
    copier: cluster.copier,
    clock: cluster.clock,
    newUuid,
    proven: new Set(first.instanceIds),
  };
  expect(await converge(target, deps, new AbortController().signal)).toMatchObject({ changed: false, steps: [] });
});

test("weights that are missing come first, then their link", async () => {
  const cluster = fakeCluster(names, gptOssEntry);
  const node = cluster.nodes.get("studio-2");
  if (node !== undefined) node.weights = false;
  const report = await apply(cluster);
  expect(report.steps[0]).toMatchObject({ action: "sync-weights", node: "studio-2" });
  expect(node?.linked).toBe(true);
});

test("commands that exo loses during an election are sent again with the same id", async () => {
  const cluster = fakeCluster(names, gptOssEntry, { lostCommands: 2 });
  const report = await apply(cluster);
  const created = cluster.log.filter((line) => line.startsWith("create"));
  expect(created).toHaveLength(3);
  expect(new Set(created).size).toBe(1);
  expect(cluster.instances).toMatchObject([{ id: report.instanceIds[0] }]);
});

describe("an exo that is stuck, as 1.0.68 is after a start that hung", () => {
  const passOn = (cluster: FakeCluster, stuckExos: "restart" | "leave") => {
    const deps = {
      access: cluster,
      copier: cluster.copier,
      clock: cluster.clock,
      newUuid,
      timings: { pollMs: 4_000 },
      stuckExos,
    };
    return converge(target, deps, new AbortController().signal);
  };

  test("is started again after its instance is gone, and the next pass serves", async () => {
    const cluster = fakeCluster(names, gptOssEntry, { stuck: ["studio-2"] });
    await expect(passOn(cluster, "restart")).rejects.toMatchObject({ code: "exo_stuck" });
    expect(cluster.instances).toEqual([]);
    expect(cluster.log.slice(-3)).toEqual([
      expect.stringMatching(/^delete /),
      "stop exo on studio-2",
      "start exo on studio-2",
    ]);
    expect((await passOn(cluster, "restart")).changed).toBe(true);
  });

  test("is left alone where exo is not ours to start", async () => {
    const notOurs = fakeCluster(names, gptOssEntry, { stuck: ["studio-2"] });
    await expect(passOn(notOurs, "leave")).rejects.toMatchObject({ code: "exo_stuck" });
    expect(notOurs.log.some((line) => line.includes("exo on"))).toBe(false);
  });

  test("a start whose answer got lost is asked for once more, and what led here stays the failure", async () => {
    const cluster = fakeCluster(names, gptOssEntry, { stuck: ["studio-2"], lostStarts: 2 });
    await expect(passOn(cluster, "restart")).rejects.toMatchObject({ code: "exo_stuck" });
    expect(cluster.log.filter((line) => line === "start exo on studio-2")).toHaveLength(2);
  });

  test("is left alone while an instance on it is ready", async () => {
    const cluster = fakeCluster(names, gptOssEntry, { stuck: ["studio-2"] });
    cluster.instances.push(anOwn({ id: "somebody-elses", modelId: "org/other", nodes: ["studio-2"], ends: [36] }));
    await expect(passOn(cluster, "restart")).rejects.toMatchObject({ code: "exo_stuck" });
    expect(cluster.log.some((line) => line.includes("exo on"))).toBe(false);
  });
});

describe("what goes wrong ends in one sentence, and leaves nothing half-made", () => {
  const stuck: [string, RunnerState, string][] = [
    ["a ring that does not form", "connecting", "ring_not_connected"],
    ["a load that stands still", "loading", "load_stuck"],
    ["a warm-up without end", "warming-up", "warm_up_stuck"],
    ["a failed runner", "failed", "instance_failed"],
    ["a runner in an unheard-of state", "unknown", "load_stuck"],
  ];
  test.each(stuck)("%s", async (_, newInstances, code) => {
    const { cluster, error } = await problemOf({ newInstances });
    expect(error).toMatchObject({ name: "Problem", code });
    expect(cluster.instances).toEqual([]);
  });

  test.each<[string, Faults, string]>([
    ["a wrong answer", { answer: "zzz zzz" }, "wrong_answer"],
    ["an exo that never lists the entry", { rescan: "unknown" }, "entry_not_listed"],
    ["too little memory", { freeBytes: 10 * GIB }, "exo_memory"],
    ["commands that all get lost", { lostCommands: 99 }, "instance_not_created"],
    [
      "an exo that refuses the body",
      { createError: new ExoAnswerError({ host: "h", port: 1 }, 422, "extra", false) },
      "exo_refused",
    ],
    [
      "an exo that has gone",
      { createError: new ExoUnreachableError({ host: "h", port: 1 }, { cause: "x" }) },
      "exo_unreachable",
    ],
    [
      "a stream that breaks off",
      { proveError: new ExoAnswerError({ host: "h", port: 1 }, 200, "no end", true) },
      "exo_refused",
    ],
  ])("%s", async (_, faults, code) => {
    const { cluster, error } = await problemOf(faults);
    expect(error).toMatchObject({ name: "Problem", code });
    expect((error as Error).message).toMatch(/^\S.{20,}/);
    expect(cluster.instances).toEqual([]);
  });

  test("a download that stands still, however long the others took", async () => {
    const { error } = await problemOf({ downloadStep: 0 }, (cluster) => {
      for (const node of cluster.nodes.values()) node.weights = false;
    });
    expect(error).toMatchObject({ code: "download_stuck", message: expect.stringContaining("studio-1") });
  });

  test("a slow download is no failure while it moves", async () => {
    const cluster = fakeCluster(names, gptOssEntry, { downloadStep: GIB / 4 });
    for (const node of cluster.nodes.values()) node.weights = false;
    const before = cluster.clock.now();
    expect(await apply(cluster)).toMatchObject({ changed: true });
    expect(cluster.clock.now() - before).toBeGreaterThan(120_000);
  });

  test("an instance that served before survives a proof that could not be asked", async () => {
    const { cluster, error } = await problemOf(
      { proveError: new ExoUnreachableError({ host: "h", port: 1 }, { cause: "x" }) },
      (cluster) => {
        cluster.instances = [anOwn()];
      },
    );
    expect(error).toMatchObject({ kind: "unreachable" });
    expect(cluster.instances).toHaveLength(1);
  });

  test("an instance that served before is withdrawn for a wrong answer", async () => {
    const { cluster, error } = await problemOf({ answer: "noise" }, (cluster) => {
      cluster.instances = [anOwn()];
    });
    expect(error).toMatchObject({ code: "wrong_answer" });
    expect(cluster.instances).toEqual([]);
  });
});

test("an abort leaves what is starting for the next pass", async () => {
  const cluster = fakeCluster(names, gptOssEntry, { newInstances: "loading" });
  const abort = new AbortController();
  const deps = {
    access: cluster,
    copier: cluster.copier,
    clock: cluster.clock,
    newUuid,
    report: (line: ApplyProgress) => {
      if (line.kind === "starting") abort.abort(new Error("enough"));
    },
  };
  await expect(converge(target, deps, abort.signal)).rejects.toThrow("enough");
  expect(cluster.instances).toHaveLength(1);
  for (const instance of cluster.instances) instance.phase = "advancing";
  const [left] = cluster.instances;
  expect(await apply(cluster)).toMatchObject({ changed: false, instanceIds: [left?.id] });
});

const phases = ["ready", "running", "loading", "failed", "connecting", "advancing", "unknown"] as const;

const arbitraryInstance = fc.record({
  id: fc.constantFrom(
    "exoctl-lab-gpt-oss-120b-g1-00000a",
    "exoctl-lab-gpt-oss-120b-g2-00000b",
    "exoctl-lab-gpt-oss-120b-g3-00000c",
    "exoctl-other-gpt-oss-120b-g1-00000d",
    "exoctl-lab-gpt-oss-20b-g1-00000e",
    "somebody-elses",
  ),
  modelId: fc.constantFrom<string>(gptOssEntry.modelId, gptOssEntry.weightsOf),
  nodes: fc.constantFrom(names, names.toReversed(), ["studio-1", "ghost", "studio-3"]),
  ends: fc.constantFrom([14, 26, 36], [12, 24, 36], [14, 26, 35]),
  phase: fc.constantFrom(...phases),
  age: fc.constant(0),
});

const arbitraryNode = fc.record({
  card: fc.constantFrom(undefined, "# Written by exoctl.\nold"),
  weights: fc.boolean(),
  linked: fc.boolean(),
  listed: fc.boolean(),
});

test("from any state: exactly one ready instance as wanted, and nothing foreign is ever deleted", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(arbitraryInstance, { selector: (instance) => instance.id, maxLength: 5 }),
      fc.array(arbitraryNode, { minLength: 3, maxLength: 3 }),
      fc.nat(2),
      async (instances, nodes, lostCommands) => {
        const cluster = fakeCluster(names, gptOssEntry, { lostCommands });
        for (const [index, name] of names.entries()) {
          const { card, ...rest } = nodes[index] ?? {};
          Object.assign(cluster.nodes.get(name) ?? {}, rest, card === undefined ? {} : { card });
        }
        // A foreign instance of the wanted model id blocks everything, which is a case of its own.
        cluster.instances = instances.map((instance) =>
          instance.id.startsWith("exoctl-lab-") ? { ...instance } : { ...instance, modelId: gptOssEntry.weightsOf },
        );
        const isOurs = (id: string): boolean => id.startsWith("exoctl-lab-gpt-oss-120b-");
        const foreign = cluster.instances.filter((instance) => !isOurs(instance.id));

        // What had begun to start and then stands still costs a pass: it is deleted, and the next pass begins anew.
        const failures: unknown[] = [];
        let report: ApplyReport | undefined;
        for (let turn = 0; turn < 3 && report === undefined; turn += 1) {
          report = await apply(cluster).catch((error: unknown) => {
            failures.push(error);
            return undefined;
          });
        }
        expect(failures.length).toBeLessThanOrEqual(2);
        expect(report).toBeDefined();

        const own = cluster.instances.filter((instance) => isOurs(instance.id));
        expect(own).toMatchObject([
          { id: report?.instanceIds[0], modelId: gptOssEntry.modelId, nodes: names, ends: [14, 26, 36] },
        ]);
        expect(cluster.instances.filter((instance) => !isOurs(instance.id))).toEqual(foreign);
        for (const name of names)
          expect(cluster.nodes.get(name)).toMatchObject({ weights: true, linked: true, listed: true });
        const again = await apply(cluster);
        expect(again).toMatchObject({ changed: false, instanceIds: report?.instanceIds });
      },
    ),
    { numRuns: 40 },
  );
});

describe("several copies", () => {
  const copies = names.map((node) => ({
    sharding: "pipeline" as const,
    stages: [{ node: nodeName(node), layers: { start: 0, end: 36 } }],
  }));
  const run = (cluster: FakeCluster, proven: string[] = [], known: readonly string[] = []) =>
    converge(
      { ...target, copies },
      {
        access: cluster,
        copier: cluster.copier,
        clock: cluster.clock,
        newUuid,
        timings: { pollMs: 4_000 },
        proven: new Set(known),
        onProven: (id) => proven.push(id),
      },
      new AbortController().signal,
    );
  const idsAsked = (cluster: FakeCluster): string[] =>
    cluster.log.flatMap((line) => (line.startsWith("prove ") ? [line.slice("prove ".length)] : []));

  test("come up side by side, and each is asked under its own id", async () => {
    const cluster = fakeCluster(names, gptOssEntry);
    const proven: string[] = [];
    const report = await run(cluster, proven);
    expect(report.instanceIds).toHaveLength(3);
    expect(proven.toSorted()).toEqual([...report.instanceIds].toSorted());
    const plain: string = gptOssEntry.modelId;
    expect(idsAsked(cluster).toSorted()).toEqual([plain, `${plain}-copy2`, `${plain}-copy3`]);
    expect(cluster.instances.map((instance) => instance.modelId).toSorted()).toEqual(idsAsked(cluster).toSorted());
    const again = await run(cluster, [], report.instanceIds);
    expect(again).toMatchObject({ changed: false, steps: [], instanceIds: report.instanceIds });
  });

  test("one that fails takes no other with it, and comes back alone", async () => {
    const failing = (modelId: string): boolean => modelId.endsWith("-copy2");
    const cluster = fakeCluster(names, gptOssEntry, { failing });
    const proven: string[] = [];
    await expect(run(cluster, proven)).rejects.toMatchObject({ code: "instance_failed" });
    expect(cluster.instances.map((instance) => instance.id).toSorted()).toEqual(proven.toSorted());
    expect(proven).toHaveLength(2);

    delete cluster.faults.failing;
    const asked = cluster.log.length;
    const report = await run(cluster, [], proven);
    expect(report.instanceIds).toEqual(expect.arrayContaining(proven));
    expect(cluster.log.slice(asked).filter((line) => /^(create|delete|prove)/.test(line))).toEqual([
      expect.stringMatching(/^create/),
      `prove ${gptOssEntry.modelId}-copy2`,
    ]);
  });

  test("one that was proven and starts again stays, whatever becomes of another", async () => {
    const failing = (modelId: string): boolean => modelId.endsWith("-copy2");
    const cluster = fakeCluster(names, gptOssEntry, { failing });
    const again = anOwn({ nodes: names.slice(0, 1), ends: [36], phase: "advancing" });
    cluster.instances = [again];
    await expect(run(cluster, [], [again.id])).rejects.toMatchObject({ code: "instance_failed" });
    expect(cluster.instances.map((instance) => instance.id)).toContain(again.id);
  });
});
