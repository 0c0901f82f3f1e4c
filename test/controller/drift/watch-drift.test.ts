import { beforeEach, describe, expect, test } from "vitest";
import { nodeName } from "../../../src/cluster/names.js";
import type { RegistryReport } from "../../../src/cluster/registry-report.js";
import { createDriftWatch, type DriftWatch } from "../../../src/controller/drift/watch-drift.js";
import type { KeptEntry } from "../../../src/controller/kept-entries.js";
import { createManualClock, type ManualClock, settle } from "../../support/agent-manual-clock.js";
import { aLink, anExo, createTestLogger } from "../../support/controller-house.js";
import { aCard, aListing, aRegistry, aRegistryView, keptEntry, theWeights } from "../../support/kept-registry.js";

type Outcome = "ok" | "nothing to write" | "refused";

/** A cluster of two nodes whose registries a test edits, and a watch that mends them. */
function aWatchedCluster() {
  const clock: ManualClock = createManualClock(1_750_000_000_000);
  const logger = createTestLogger();
  const lifetime = new AbortController();
  const state = {
    kept: [{ entry: keptEntry, nodes: "every" }] as KeptEntry[],
    registries: { one: aRegistry(), two: aRegistry() } as Record<string, RegistryReport>,
    listings: {} as Record<string, ReturnType<typeof aListing>>,
    names: ["one", "two"],
    outcome: "ok" as Outcome,
    rescan: "known" as "known" | "unknown",
    /** Every call that changed something, by name of the node. */
    calls: [] as string[],
  };
  const agent = (node: string) =>
    aLink(node, {
      ensureEntry: async () => {
        state.calls.push(`write ${node}`);
        if (state.outcome === "refused") throw new Error("the disk is full");
        if (state.outcome === "nothing to write") return { entry: "unchanged", weights: "already-linked" };
        state.registries[node] = aRegistry();
        return { entry: "replaced", weights: "already-linked" };
      },
    });
  const exo = (node: string) =>
    anExo(
      node,
      { host: node, port: 1 },
      {
        rescan: async () => {
          state.calls.push(`rescan ${node}`);
          if (state.rescan === "known") delete state.listings[node];
          return state.rescan;
        },
      },
    );
  const view = (at = clock.now()) => aRegistryView(state.registries, at, state.listings, state.names);
  const watch: DriftWatch = createDriftWatch({
    wanted: () => state.kept,
    access: { observe: async () => view(), agent: (node) => agent(node), exo: (node) => exo(node) },
    clock,
    logger,
    lifetime: lifetime.signal,
  });
  /** One round of the control loop, and time for what it has begun. */
  const round = async (mode: "mend" | "watch" = "mend"): Promise<void> => {
    await clock.advance(1_000);
    watch.look(view(), mode);
    await settle();
    await watch.idle();
  };
  const rounds = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) await round();
  };
  const wrong = () => watch.findings().flatMap(({ node, wrong: found }) => found.map(({ code }) => `${node} ${code}`));
  return { clock, logger, lifetime, state, watch, round, rounds, wrong, view };
}

let cluster: ReturnType<typeof aWatchedCluster>;
beforeEach(() => {
  cluster = aWatchedCluster();
});
const edited = aRegistry({ cards: [aCard({ digest: "0".repeat(64) })] });

describe("an entry that was right", () => {
  beforeEach(async () => cluster.round());

  test.each([
    ["edited", edited, "card-differs"],
    ["deleted", aRegistry({ cards: [] }), "card-missing"],
    ["without its link", aRegistry({ models: [theWeights()] }), "link-missing"],
  ])("and is %s is told with its time, written again, and remembered for ten minutes", async (_how, registry, code) => {
    const { state, watch, rounds, round, wrong, clock } = cluster;
    state.registries.two = registry;
    await round("watch");
    const since = clock.now();
    expect(wrong()).toEqual([`two ${code}`]);
    expect(state.calls).toEqual([]);
    await round();
    expect(state.calls).toEqual(["write two"]);
    expect(watch.findings()[0]?.wrong[0]).toMatchObject({ code, since, fix: expect.stringContaining("exoctl") });
    await rounds(2);
    expect(wrong()).toEqual([]);
    expect(watch.findings()).toMatchObject([{ node: "two", mended: [{ code: "mended" }] }]);
    expect(state.calls).toEqual(["write two"]);
    await clock.advance(11 * 60_000);
    expect(watch.findings()).toEqual([]);
  });

  test("is logged once when it breaks and once when it is right again", async () => {
    const { state, logger, rounds } = cluster;
    state.registries.two = edited;
    await cluster.round("watch");
    await cluster.round("watch");
    await rounds(3);
    expect(logger.lines).toEqual([
      "warn registry entry is not as it should be",
      "info registry entry mended",
      "info registry entry is right again",
    ]);
  });

  test("and is not listed is rescanned, not written", async () => {
    const { state, rounds, wrong } = cluster;
    state.listings.one = [{ id: keptEntry.weightsOf }];
    await rounds(3);
    expect(state.calls).toEqual(["rescan one"]);
    expect(wrong()).toEqual([]);
  });

  test("and is listed with an earlier size waits for a person to restart exo", async () => {
    const { state, rounds, watch } = cluster;
    state.listings.one = aListing({ storageBytes: 5_000_000_000 });
    await rounds(3);
    expect(state.calls).toEqual([]);
    expect(watch.findings()[0]?.wrong).toMatchObject([
      { code: "size-differs", message: expect.stringContaining("5.0 GB"), fix: expect.stringContaining("restart exo") },
    ]);
  });

  test("and has somebody's card beside it is told and left alone, whatever else is wrong", async () => {
    const { state, rounds, wrong } = cluster;
    state.registries.one = aRegistry({ cards: [aCard({ ours: false })], models: [theWeights()] });
    await rounds(3);
    expect(state.calls).toEqual([]);
    expect(wrong()).toEqual(["one foreign-card", "one link-missing"]);
  });

  test("and lost its weights is told; what never had any is not", async () => {
    const { state, rounds, wrong } = cluster;
    state.registries.one = aRegistry({ models: [theWeights({ complete: false })] });
    await rounds(2);
    expect(wrong()).toEqual(["one weights-missing"]);
    expect(state.calls).toEqual([]);
    state.registries.three = state.registries.one;
    state.names.push("three");
    await rounds(2);
    expect(wrong()).toEqual(["one weights-missing"]);
  });

  test("is changed again and again: told after three times, mended ever more rarely, and forgiven in the end", async () => {
    const { state, logger, rounds, wrong, clock } = cluster;
    for (let time = 0; time < 3; time += 1) {
      state.registries.one = edited;
      await rounds(2);
    }
    expect(state.calls).toHaveLength(3);
    state.registries.one = edited;
    await rounds(50);
    expect(state.calls).toHaveLength(3);
    expect(wrong()).toEqual(["one card-differs", "one fought"]);
    expect(logger.lines.filter((line) => line.includes("again and again"))).toHaveLength(1);
    await rounds(15);
    expect(state.calls).toHaveLength(4);
    expect(wrong()).toEqual(["one fought"]);
    await clock.advance(10 * 60_000);
    await rounds(1);
    expect(wrong()).toEqual([]);
  });

  test("is given up when it is no longer to be kept", async () => {
    const { state, rounds, watch } = cluster;
    state.registries.one = edited;
    state.kept = [{ entry: keptEntry, nodes: new Set([nodeName("two")]) }];
    await rounds(3);
    expect(state.calls).toEqual([]);
    expect(watch.findings()).toEqual([]);
  });

  test("keeps its findings while its agent is away, and loses them with its node", async () => {
    const { state, round, wrong } = cluster;
    state.registries.one = edited;
    await round("watch");
    delete state.registries.one;
    await round();
    expect(wrong()).toEqual(["one card-differs"]);
    state.names = ["two"];
    await round();
    expect(wrong()).toEqual([]);
  });
});

describe("mending that does not work", () => {
  beforeEach(async () => cluster.round());

  test.each([
    ["refused", /the disk is full/],
    ["nothing to write", /found nothing to write/],
  ] as const)(
    "(%s) is told with the reason, logged once, and repeated more and more slowly",
    async (outcome, reason) => {
      const { state, watch, rounds, logger } = cluster;
      state.outcome = outcome;
      state.registries.one = edited;
      await rounds(20);
      expect(state.calls.length).toBeGreaterThanOrEqual(3);
      expect(state.calls.length).toBeLessThanOrEqual(5);
      expect(watch.findings()[0]?.wrong[0]?.fix).toMatch(reason);
      expect(logger.lines.filter((line) => line === "warn registry entry not mended")).toHaveLength(1);
      state.outcome = "ok";
      await rounds(40);
      expect(watch.findings()[0]?.wrong).toEqual([]);
    },
  );

  test("because exo never lists it says so", async () => {
    const { state, watch, rounds } = cluster;
    state.rescan = "unknown";
    state.listings.two = [];
    await rounds(3);
    expect(watch.findings()[0]?.wrong).toMatchObject([{ code: "not-listed", fix: expect.stringContaining("two") }]);
  });

  test("ends with the controller, and is no failure then", async () => {
    const { state, watch, lifetime, logger, view, clock } = cluster;
    state.outcome = "refused";
    state.registries.one = edited;
    await clock.advance(1_000);
    watch.look(view(), "mend");
    lifetime.abort(new Error("closing"));
    await watch.idle();
    expect(logger.lines.filter((line) => line.includes("not mended"))).toEqual([]);
  });
});

test("a view that was begun before a mend ended starts no second one", async () => {
  const { state, watch, round, view, clock } = cluster;
  await round();
  state.registries.one = edited;
  await clock.advance(1_000);
  const stale = view();
  watch.look(stale, "mend");
  await watch.idle();
  watch.look(stale, "mend");
  await watch.idle();
  expect(state.calls).toEqual(["write one"]);
});

test("an entry whose model comes up for the first time is left to that", async () => {
  const { state, rounds, watch } = cluster;
  state.registries.one = aRegistry({ cards: [] });
  state.kept = [{ entry: keptEntry, nodes: "every", awaits: "first-start" }];
  await rounds(3);
  expect([state.calls, watch.findings()]).toEqual([[], []]);
  state.kept = [{ entry: keptEntry, nodes: "every" }];
  await rounds(1);
  expect(state.calls).toEqual(["write one"]);
});

test("an entry on its way to a new node is written without being called drift", async () => {
  const { state, rounds, wrong, logger } = cluster;
  state.registries.one = aRegistry({ cards: [], models: [theWeights()] });
  await rounds(3);
  expect(state.calls).toEqual(["write one"]);
  expect(wrong()).toEqual([]);
  expect(logger.lines).toEqual(["info registry entry mended"]);
});
