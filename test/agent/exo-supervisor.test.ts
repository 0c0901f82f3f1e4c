import { describe, expect, test } from "vitest";
import { createExoSupervisor } from "../../src/agent/exo-supervisor.js";
import { countCrashes, restartWaitMs } from "../../src/agent/restart-policy.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { createFakeProcessHost, exoProgram, type Obedience } from "../support/agent-fake-programs.js";
import { createManualClock, settle } from "../support/agent-manual-clock.js";

function aSupervisor(obeys?: Obedience) {
  const host = createFakeProcessHost(obeys);
  const clock = createManualClock();
  return { host, clock, supervisor: createExoSupervisor({ program: exoProgram, host, clock, logger: silentLogger }) };
}
const crash = { code: 1, signal: null };

test("the wait doubles up to a minute and starts anew after a stable run", () => {
  expect([1, 2, 3, 6, 7, 1_000].map(restartWaitMs)).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  expect(countCrashes(4, 1_000)).toBe(5);
  expect(countCrashes(4, 60_000)).toBe(1);
});

describe("starting", () => {
  test("runs one exo, however often it is asked for", async () => {
    const { supervisor, host } = aSupervisor();
    expect(await Promise.all([supervisor.start(), supervisor.start()])).toEqual(["started", "already-running"]);
    expect(host.programs).toHaveLength(1);
    expect(supervisor.status()).toEqual({ state: "up", crashes: 0 });
  });

  test("of a program that does not run is refused with a sentence", async () => {
    const { supervisor, host } = aSupervisor();
    host.breakDown();
    await expect(supervisor.start()).rejects.toMatchObject({ code: "not_possible" });
    expect(supervisor.status()).toMatchObject({
      state: "failed",
      problem: expect.stringContaining("could not be started"),
    });
    expect(await supervisor.stop()).toBe("already-stopped");
    expect(supervisor.status().state).toBe("stopped");
  });
});

describe("stopping", () => {
  test("asks politely first", async () => {
    const { supervisor, host, clock } = aSupervisor();
    await supervisor.start();
    expect(await supervisor.stop()).toBe("stopped");
    expect(host.programs[0]?.signals).toEqual(["SIGINT"]);
    expect(supervisor.status()).toEqual({ state: "stopped", crashes: 0 });
    expect(clock.sleeping).toBe(0);
  });

  test("insists after 5 s and uses force after 3 s more", async () => {
    const { supervisor, host, clock } = aSupervisor(() => "ignores");
    await supervisor.start();
    const stopped = supervisor.stop();
    await settle();
    await clock.advance(4_999);
    expect(host.programs[0]?.signals).toEqual(["SIGINT"]);
    await clock.advance(1);
    expect(host.programs[0]?.signals).toEqual(["SIGINT", "SIGTERM"]);
    await clock.advance(3_000);
    expect(host.programs[0]?.signals).toEqual(["SIGINT", "SIGTERM", "SIGKILL"]);
    expect(await stopped).toBe("stopped");
    expect(clock.sleeping).toBe(0);
  });

  test("while exo is being started ends what comes up", async () => {
    const { supervisor, host } = aSupervisor();
    host.holdStarts();
    const started = supervisor.start();
    const stopped = supervisor.stop();
    await settle();
    host.letStart();
    expect(await Promise.all([started, stopped])).toEqual(["started", "stopped"]);
    expect(host.programs[0]?.signals).toEqual(["SIGINT"]);
  });

  test("while exo is being restarted ends what comes up", async () => {
    const { supervisor, host, clock } = aSupervisor();
    await supervisor.start();
    host.holdStarts();
    host.programs[0]?.end(crash);
    await settle();
    await clock.advance(1_000);
    const stopped = supervisor.stop();
    await settle();
    host.letStart();
    expect(await stopped).toBe("stopped");
    expect(host.programs.map((program) => program.signals)).toEqual([[], ["SIGINT"]]);
    await clock.advance(120_000);
    expect(host.programs).toHaveLength(2);
  });

  test("during the wait for a restart ends the waiting", async () => {
    const { supervisor, host, clock } = aSupervisor();
    await supervisor.start();
    host.programs[0]?.end(crash);
    await settle();
    expect(await supervisor.stop()).toBe("stopped");
    await clock.advance(600_000);
    expect(host.programs).toHaveLength(1);
    expect(clock.sleeping).toBe(0);
  });
});

describe("a crash", () => {
  test("is followed by a restart after a growing wait", async () => {
    const { supervisor, host, clock } = aSupervisor();
    await supervisor.start();
    host.programs[0]?.end(crash);
    await settle();
    expect(supervisor.status()).toMatchObject({
      state: "waiting-to-restart",
      crashes: 1,
      problem: expect.stringContaining("code 1"),
    });
    await clock.advance(1_000);
    expect(supervisor.status()).toMatchObject({ state: "up", crashes: 1 });
    host.programs[1]?.end({ code: null, signal: "SIGKILL" });
    await settle();
    expect(supervisor.status().problem).toContain("SIGKILL");
    await clock.advance(1_999);
    expect(host.programs).toHaveLength(2);
    await clock.advance(1);
    expect(host.programs).toHaveLength(3);
  });

  test("after a stable run starts the count anew", async () => {
    const { supervisor, host, clock } = aSupervisor();
    await supervisor.start();
    for (const at of [0, 1, 2]) {
      host.programs[at]?.end(crash);
      await settle();
      await clock.advance(61_000);
    }
    expect(supervisor.status()).toMatchObject({ state: "up", crashes: 1 });
  });

  test("of which the restart fails is tried again", async () => {
    const { supervisor, host, clock } = aSupervisor();
    await supervisor.start();
    host.breakDown();
    host.programs[0]?.end(crash);
    await settle();
    await clock.advance(1_000);
    expect(supervisor.status()).toMatchObject({ state: "waiting-to-restart", crashes: 2 });
  });
});

describe("closing", () => {
  test("with leave keeps exo running and restarts it no more", async () => {
    const { supervisor, host, clock } = aSupervisor();
    await supervisor.start();
    await supervisor.close("leave");
    expect(host.programs[0]?.signals).toEqual([]);
    host.programs[0]?.end(crash);
    await settle();
    await clock.advance(600_000);
    expect(host.programs).toHaveLength(1);
    await expect(supervisor.start()).rejects.toMatchObject({ code: "not_possible" });
  });

  test("with stop ends exo", async () => {
    const { supervisor, host } = aSupervisor();
    await supervisor.start();
    await supervisor.close("stop");
    expect(host.programs[0]?.signals).toEqual(["SIGINT"]);
  });
});
