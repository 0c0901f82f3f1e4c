import { describe, expect, test } from "vitest";
import { type ControlLoop, startControlLoop } from "../../src/controller/control-loop.js";
import type { ModelRun } from "../../src/controller/model-run.js";
import type { ModelWork } from "../../src/controller/model-work.js";
import type { ServingModel } from "../../src/route/serving-model.js";
import { createManualClock, settle } from "../support/agent-manual-clock.js";
import { aClusterView, anEntry, createTestLogger } from "../support/controller-house.js";

const names = ["gpt-oss-120b", "gpt-oss-20b"];

/** A loop over models whose state a test sets, with repairs that end when the test says so. */
async function aLoop() {
  const clock = createManualClock();
  const logger = createTestLogger();
  const stop = new AbortController();
  const state = {
    serving: ["ready", "ready"] as ServingModel["state"][],
    retryAt: 0,
    lookFails: false,
    looks: 0,
    registryLooks: [] as string[],
    splitLooks: [] as string[],
  };
  const repairs: { readonly name: string | undefined; end(): void; fail(): void }[] = [];
  const runs = (): ModelRun[] =>
    names.map((name) => ({ entry: anEntry("{}", name), proven: new Set(), failures: 0, retryAt: state.retryAt }));
  const refuse = (): never => {
    throw new Error("the loop has no business with this call");
  };
  const work: ModelWork = {
    runs,
    plan: refuse,
    whatIf: refuse,
    preview: refuse,
    idle: refuse,
    converge: (name, _report, signal) =>
      new Promise((resolve, reject) => {
        const summary = { generation: 1, changed: true, steps: [] };
        repairs.push({ name, end: () => resolve(summary), fail: () => reject(new Error("no")) });
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
  };
  const observe = async () => {
    state.looks += 1;
    if (state.lookFails) throw new Error("no eyes");
    return aClusterView([]);
  };
  const lack = ({ entry }: ModelRun) =>
    state.serving[names.indexOf(entry.name)] === "ready" ? undefined : "it is not served";
  const drift = {
    look: (_view: unknown, mode: string) => void state.registryLooks.push(mode),
    idle: async () => void state.registryLooks.push("idle"),
  };
  const split = {
    look: (_view: unknown, mode: string) => void state.splitLooks.push(mode),
    idle: async () => void state.splitLooks.push("idle"),
  };
  const access = { observe, agent: () => undefined, exo: () => undefined };
  const loop: ControlLoop = startControlLoop({ access, work, drift, split, lack, clock, logger }, stop.signal);
  await settle(); // the first look
  return { loop, clock, logger, stop, state, repairs };
}

describe("the control loop", () => {
  test("looks once a second, and heals nothing before it is told to", async () => {
    const { clock, state, repairs } = await aLoop();
    state.serving = ["unavailable", "ready"];
    await clock.advance(3_000);
    expect(state.looks).toBe(4);
    expect(repairs).toEqual([]);
  });

  test("brings up what is not served, one repair a model at a time, without waiting for it", async () => {
    const { loop, clock, state, repairs } = await aLoop();
    loop.startHealing();
    state.serving = ["unavailable", "loading"];
    await clock.advance(5_000);
    expect(repairs.map((repair) => repair.name)).toEqual(names);
    expect(state.looks).toBe(6);
    repairs[0]?.end();
    await clock.advance(1_000);
    expect(repairs.map((repair) => repair.name)).toEqual([...names, names[0]]);
  });

  test("lets the registries be mended once it heals, and waits for that at the end", async () => {
    const { loop, clock, state, stop } = await aLoop();
    loop.startHealing();
    await clock.advance(1_000);
    stop.abort(new Error("closing"));
    await loop.ended;
    expect(state.registryLooks).toEqual(["watch", "mend", "idle"]);
  });

  test("lets exos be brought together only while a model lacks something, and waits for that at the end", async () => {
    const { loop, clock, state, stop } = await aLoop();
    state.serving = ["ready", "unavailable"];
    await clock.advance(1_000);
    loop.startHealing();
    await clock.advance(1_000);
    state.serving = ["ready", "ready"];
    await clock.advance(1_000);
    stop.abort(new Error("closing"));
    await loop.ended;
    expect(state.splitLooks).toEqual(["watch", "watch", "mend", "watch", "idle"]);
  });

  test("waits as long as a failed model is to be left alone", async () => {
    const { loop, clock, state, repairs, logger } = await aLoop();
    loop.startHealing();
    state.serving = ["unavailable", "ready"];
    await clock.advance(1_000);
    state.retryAt = clock.now() + 4_000;
    repairs[0]?.fail();
    await clock.advance(3_000);
    expect(repairs).toHaveLength(1);
    expect(logger.lines).toContain("warn model could not be brought up");
    await clock.advance(1_000);
    expect(repairs).toHaveLength(2);
  });

  test("survives a look that fails", async () => {
    const { clock, state, logger } = await aLoop();
    state.lookFails = true;
    await clock.advance(2_000);
    expect(state.looks).toBe(3);
    expect(logger.lines).toContain("error a round of the control loop failed");
  });

  test("ends with its signal, after the repairs under way, and leaves no timer", async () => {
    const { loop, clock, state, stop, repairs, logger } = await aLoop();
    loop.startHealing();
    state.serving = ["unavailable", "ready"];
    await clock.advance(1_000);
    expect(repairs).toHaveLength(1);
    stop.abort(new Error("closing"));
    await loop.ended;
    await settle();
    expect(clock.sleeping).toBe(0);
    expect(logger.lines.filter((line) => !line.startsWith("info"))).toEqual([]);
  });
});
