import { describe, expect, test } from "vitest";
import type { ClusterSpec } from "../../src/config/cluster-spec.js";
import type { ApplyRequest } from "../../src/controller/admin-api.js";
import { createAdminCalls, save } from "../../src/controller/admin-calls.js";
import { parseJoinToken } from "../../src/controller/join-token.js";
import type { ModelWork, Wanted } from "../../src/controller/model-work.js";
import type { ProgressLine } from "../../src/controller/progress-line.js";
import { knownModels } from "../../src/models/known-models.js";
import { createManualClock } from "../support/agent-manual-clock.js";
import { aClusterView, aSpec, createMemoryStore } from "../support/controller-house.js";

const { signal } = new AbortController();
const fileOf = (...names: string[]): string =>
  `apiVersion: exoctl/v1\nmodels:\n${names.map((name) => `  - name: ${name}\n`).join("")}`;
const nothing = { generation: 1, changed: false, steps: [] };

/** The calls over a store in memory, with work that only writes down what it is asked. */
function someCalls(parts: { enrolment?: "none" } = {}) {
  const store = createMemoryStore();
  const asked: { what: string; name?: string | undefined; wanted?: Wanted; signal?: AbortSignal }[] = [];
  const state = { spec: aSpec() as ClusterSpec, view: undefined as ReturnType<typeof aClusterView> | undefined };
  const lifetime = new AbortController();
  const refuse = (): never => {
    throw new Error("not in this test");
  };
  const work: ModelWork = {
    runs: refuse,
    plan: (_view, name) => {
      asked.push({ what: "plan", name });
      return { problem: {} as never, result: { kind: "infeasible" } as never, copies: [], verdict: "infeasible" };
    },
    whatIf: (_view, changes, name) => {
      asked.push({ what: `what if ${changes}`, name });
      return { kind: "what-if" } as never;
    },
    preview: async (wanted, name, until) => {
      asked.push({ what: "preview", name, wanted, signal: until });
      return { ...nothing, generation: wanted.generation };
    },
    converge: async (name, _report, until) => {
      asked.push({ what: "converge", name, signal: until });
      return { ...nothing, generation: store.desired()?.generation ?? 0 };
    },
    idle: refuse,
  };
  const api = createAdminCalls({
    info: refuse,
    status: refuse,
    discover: () => [],
    view: () => state.view,
    access: { observe: refuse, agent: refuse },
    listModels: (_view, cards) => ({ simulated: false, models: [], gaps: [cards] }),
    work,
    classic: { addClassicEntry: refuse, removeClassicEntry: refuse, listClassicEntries: refuse },
    sync: { syncModel: refuse },
    entries: { addModel: refuse, removeModel: refuse },
    nodes: {
      listNodes: refuse,
      approveNode: refuse,
      cordonNode: refuse,
      removeNode: refuse,
      listTokens: refuse,
      rotateKey: refuse,
      revokeToken: refuse,
    },
    admin: { createOpenLink: refuse, listSessions: refuse, endSessions: refuse, readAudit: refuse },
    keys: { createKey: refuse, listKeys: refuse, revokeKey: refuse },
    store,
    spec: () => state.spec,
    known: () => knownModels(),
    useSpec: (spec) => {
      state.spec = spec;
    },
    ...(parts.enrolment === "none" ? {} : { enrolment: { address: "10.0.0.5:8418", pin: "P".repeat(42).concat("A") } }),
    clock: createManualClock(),
    randomBytes: (count) => new Uint8Array(count).fill(7),
    lifetime: lifetime.signal,
  });
  const told: ProgressLine[] = [];
  const apply = (request: Partial<ApplyRequest> = {}, until = signal) =>
    api.apply({ mode: "apply", by: "anna", ...request }, (line) => told.push(line), until);
  return { api, apply, store, asked, told, state, lifetime };
}

describe("apply", () => {
  test("makes a file the desired state, converges on it, and takes over its settings", async () => {
    const { apply, store, asked, told, state } = someCalls();
    const clusterYaml = `${fileOf("gpt-oss-20b")}nodes: { defaults: { headroom: 9GiB } }\n`;
    expect(await apply({ clusterYaml })).toEqual({ generation: 1, changed: true, steps: [] });
    expect(store.desired()).toMatchObject({ generation: 1, appliedBy: "anna", reason: "apply" });
    expect(state.spec.nodes.defaults.headroomBytes).toBe(9 * 2 ** 30);
    expect(asked.map(({ what, name }) => [what, name])).toEqual([["converge", undefined]]);
    expect(told[0]?.text).toContain("generation 1");
    expect(await apply({ clusterYaml })).toMatchObject({ generation: 1, changed: false });
  });

  test("without a file converges once more on what is desired", async () => {
    const { apply, store, asked } = someCalls();
    await apply({ clusterYaml: fileOf("gpt-oss-120b") });
    const before = store.desired();
    expect(await apply()).toMatchObject({ changed: false });
    expect(store.desired()).toBe(before);
    expect(asked).toHaveLength(2);
  });

  test("adds a model that is run, and keeps the others", async () => {
    const { apply, store, asked } = someCalls();
    await apply({ clusterYaml: fileOf("gpt-oss-120b") });
    expect(await apply({ model: "gpt-oss-20b" })).toMatchObject({ generation: 2, changed: true });
    expect(store.desired()).toMatchObject({ reason: "run gpt-oss-20b", added: ["gpt-oss-20b"] });
    expect(asked.at(-1)).toMatchObject({ what: "converge", name: "gpt-oss-20b" });
  });

  test("as a dry run shows what would be, and stores nothing", async () => {
    const { apply, store, asked, state } = someCalls();
    const spec = state.spec;
    const shown = await apply({ mode: "dry-run", clusterYaml: fileOf("gpt-oss-20b") });
    expect(shown).toEqual({ generation: 1, changed: true, steps: [] });
    expect(asked[0]?.wanted?.models.map((entry) => entry.name)).toEqual(["gpt-oss-20b"]);
    expect([store.desired(), state.spec]).toEqual([undefined, spec]);
  });

  test("names every mistake of a file, and changes nothing", async () => {
    const { apply, store, asked } = someCalls();
    const clusterYaml = "apiVersion: exoctl/v1\nexo: { apiPort: many }\njobs: { concurrency: 0 }\n";
    await expect(apply({ clusterYaml })).rejects.toMatchObject({
      kind: "usage",
      code: "bad_cluster_file",
      message: expect.stringMatching(/2:17 exo\.apiPort.*\n3:.*jobs\.concurrency/),
    });
    await expect(apply({ clusterYaml: "{" })).rejects.toMatchObject({ code: "bad_cluster_file" });
    expect([store.desired(), asked]).toEqual([undefined, []]);
  });

  test("refuses a model that nobody knows", async () => {
    const { apply, store } = someCalls();
    await expect(apply({ model: "llama" })).rejects.toMatchObject({ code: "unknown_model" });
    expect(store.desired()).toBeUndefined();
  });

  test("goes on when its client leaves: the work belongs to the controller", async () => {
    const { apply, asked, lifetime } = someCalls();
    const gone = new AbortController();
    gone.abort();
    await apply({ clusterYaml: fileOf("gpt-oss-120b") }, gone.signal);
    expect(asked[0]?.signal).toBe(lifetime.signal);
  });

  test("of two at once with different files, one is told to try again", async () => {
    const { apply, store } = someCalls();
    const both = await Promise.allSettled([
      apply({ clusterYaml: fileOf("gpt-oss-120b") }),
      apply({ clusterYaml: fileOf("gpt-oss-20b") }),
    ]);
    expect(both.map((one) => one.status)).toEqual(["fulfilled", "rejected"]);
    expect(both[1]).toMatchObject({ reason: { code: "outdated", hint: "Run the command again." } });
    expect(store.desired()?.models).toEqual([{ name: "gpt-oss-120b" }]);
  });
});

test("saving a generation that somebody else has made is refused", async () => {
  const store = createMemoryStore();
  const desired = { generation: 2, appliedAt: 1, appliedBy: "x", reason: "y", models: [] };
  await expect(save(store, desired)).rejects.toMatchObject({ code: "outdated" });
});

describe("plan", () => {
  test("before the first look says so", () => {
    expect(() => someCalls().api.plan({})).toThrowError(expect.objectContaining({ code: "not_observed" }));
  });

  test("plans the named model on the newest view", () => {
    const { api, state, asked } = someCalls();
    state.view = aClusterView(["one"]);
    expect(api.plan({ model: "gpt-oss-20b" })).toEqual({ kind: "infeasible" });
    expect(asked).toEqual([{ what: "plan", name: "gpt-oss-20b" }]);
  });

  test("answers what would be on the newest view, and not before there is one", () => {
    const { api, state, asked } = someCalls();
    expect(() => api.whatIf({ changes: "remove=one" })).toThrowError(expect.objectContaining({ code: "not_observed" }));
    state.view = aClusterView(["one"]);
    expect(api.whatIf({ changes: "remove=one", model: "gpt-oss-20b" })).toEqual({ kind: "what-if" });
    expect(asked).toEqual([{ what: "what if remove=one", name: "gpt-oss-20b" }]);
  });
});

describe("a join token", () => {
  test("comes with where to go and whom to trust, and is stored without its secret", async () => {
    const { api, store } = someCalls();
    const join = await api.createToken({ forName: "studio-9", ttlMs: 60_000 });
    expect(join).toMatchObject({ address: "10.0.0.5:8418", expiresAt: 1_060_000 });
    expect(parseJoinToken(join.token).controllerPin).toBe(join.pin);
    expect(store.tokens()).toEqual([expect.objectContaining({ forName: "studio-9", expiresAt: 1_060_000 })]);
    expect(JSON.stringify(store.tokens())).not.toContain(join.token.split(".")[2]);
  });

  test("can't be made by a controller without agents", async () => {
    const { api } = someCalls({ enrolment: "none" });
    await expect(api.createToken({ ttlMs: 60_000 })).rejects.toMatchObject({ kind: "usage", code: "no_enrolment" });
  });
});
