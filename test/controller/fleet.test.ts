import { describe, expect, test } from "vitest";
import { agentId } from "../../src/cluster/names.js";
import type { HostPort } from "../../src/config/host-port.js";
import { patienceMs } from "../../src/controller/ask-around.js";
import { createFleet } from "../../src/controller/fleet.js";
import type { Member } from "../../src/controller/state-store.js";
import type { AgentLink } from "../../src/inventory/agent-link.js";
import { createManualClock, settle } from "../support/agent-manual-clock.js";
import { aLink, aMember, createTestLogger, reportOf, silence } from "../support/controller-house.js";

const { signal } = new AbortController();
const at = (host: string, port = 8417): HostPort => ({ host, port });

/** A fleet with everything around it written down. Who answers where is up to `answers`. */
function aFleet(members: readonly Member[], answers: Record<string, Partial<AgentLink>> = {}) {
  const log: string[] = [];
  const clock = createManualClock();
  const logger = createTestLogger();
  const state = { members, hints: [] as HostPort[], answers, rememberFails: false };
  const fleet = createFleet({
    members: () => state.members,
    hints: () => state.hints,
    dial: (member, address) => {
      log.push(`dial ${address.host}`);
      const behaviour = state.answers[address.host] ?? {
        takeLease: async () => Promise.reject(new Error(`nobody at ${address.host}`)),
      };
      const close = async (): Promise<void> => void log.push(`close ${address.host}`);
      return aLink(member.name, { close, ...behaviour });
    },
    verified: (_agent, address) => void log.push(`verified ${address.host}`),
    remember: async (_agent, address) => {
      if (state.rememberFails) throw new Error("disk full");
      log.push(`remember ${address.host}`);
      state.members = state.members.map((member) => ({ ...member, lastAddress: address }));
    },
    term: 7,
    clock,
    logger,
  });
  return { fleet, log, clock, logger, state };
}

describe("a member that answers", () => {
  test("is asked at its last address, verified, and keeps one connection over the rounds", async () => {
    const { fleet, log } = aFleet([aMember("one", { lastAddress: at("10.0.0.1") })], { "10.0.0.1": {} });
    await fleet.refresh(signal);
    await fleet.refresh(signal);
    expect(log).toEqual(["dial 10.0.0.1", "verified 10.0.0.1", "verified 10.0.0.1"]);
    expect(fleet.nodes()[0]).toMatchObject({ address: at("10.0.0.1"), report: { from: "agent", at: 1_000_000 } });
    expect(fleet.nodes()[0]?.link).toBeDefined();
  });

  test("renews its lease with this controller's term at every round", async () => {
    const terms: number[] = [];
    const takeLease = async (term: number) => {
      terms.push(term);
      return { term, validMs: 10_000 };
    };
    const { fleet } = aFleet([aMember("one", { lastAddress: at("a") })], { a: { takeLease } });
    await fleet.refresh(signal);
    await fleet.refresh(signal);
    expect(terms).toEqual([7, 7]);
  });

  test("is found by a hint before its last address, and the new place is remembered", async () => {
    const { fleet, log, state } = aFleet([aMember("one", { lastAddress: at("old") })], { new: {} });
    state.hints = [at("new")];
    await fleet.refresh(signal);
    expect(log).toEqual(["dial new", "verified new", "remember new"]);
  });

  test("wrong hints are tried one after the other, each address once, and closed", async () => {
    const { fleet, log, state } = aFleet([aMember("one", { lastAddress: at("right") })], { right: {} });
    state.hints = [at("wrong"), at("wrong"), at("forged")];
    await fleet.refresh(signal);
    expect(log).toEqual(["dial wrong", "close wrong", "dial forged", "close forged", "dial right", "verified right"]);
  });

  test("stays connected when its new address can't be stored", async () => {
    const { fleet, state, logger } = aFleet([aMember("one")], { a: {} });
    state.hints = [at("a")];
    state.rememberFails = true;
    await fleet.refresh(signal);
    expect(fleet.nodes()[0]?.link).toBeDefined();
    expect(logger.lines).toEqual(["warn the address of an agent could not be stored"]);
  });
});

describe("a member that does not answer", () => {
  test("without any address says so", async () => {
    const { fleet } = aFleet([aMember("one")]);
    await fleet.refresh(signal);
    expect(fleet.nodes()[0]?.trouble).toContain("its address is not known");
  });

  test("keeps its last report and address to grow old, loses its link, and is dialled again", async () => {
    const { fleet, log, clock, state } = aFleet([aMember("one", { lastAddress: at("a") })], {
      a: { describe: failingAfter(1, "connection lost") },
    });
    await fleet.refresh(signal);
    await clock.advance(5_000);
    await fleet.refresh(signal);
    const lost = fleet.nodes()[0];
    expect(lost).toMatchObject({ address: at("a"), report: { at: 1_000_000 }, trouble: "connection lost" });
    expect(lost?.link).toBeUndefined();
    state.answers = { a: {} };
    await fleet.refresh(signal);
    await settle(); // it is not waited for, since it failed the last time
    expect(fleet.nodes()[0]).toMatchObject({ address: at("a"), report: { at: 1_005_000 } });
    expect(fleet.nodes()[0]?.link).toBeDefined();
    expect(fleet.nodes()[0]?.trouble).toBeUndefined();
    expect(log.filter((line) => !line.startsWith("verified"))).toEqual(["dial a", "close a", "dial a"]);
  });

  test("is warned of once, not at every round", async () => {
    const { fleet, logger } = aFleet([aMember("one", { lastAddress: at("a") })]);
    for (let round = 0; round < 3; round += 1) {
      await fleet.refresh(signal);
      await settle();
    }
    expect(logger.lines).toEqual(["warn agent does not answer"]);
  });

  test("another agent at its address is not taken for it", async () => {
    const describe_ = async () => reportOf("two");
    const { fleet, log } = aFleet([aMember("one", { lastAddress: at("a") })], { a: { describe: describe_ } });
    await fleet.refresh(signal);
    expect(fleet.nodes()[0]?.trouble).toBe("another agent answered at its address");
    expect(log).toEqual(["dial a", "close a"]);
  });

  test("a silent one delays a round once, and nobody else's answer; it is never dialled twice at once", async () => {
    const members = [
      aMember("one", { lastAddress: at("a") }),
      aMember("two", { agentId: agentId("agent-of-two"), lastAddress: at("b") }),
    ];
    const { fleet, log, clock } = aFleet(members, { a: {}, b: { takeLease: (_term, aborted) => silence(aborted) } });
    const first = fleet.refresh(signal);
    await settle();
    expect(fleet.nodes()[0]?.link).toBeDefined();
    await clock.advance(patienceMs);
    await first;
    await fleet.refresh(signal);
    await fleet.refresh(signal);
    expect(log.filter((line) => line === "dial b")).toHaveLength(1);
    await fleet.close();
    expect(log.filter((line) => line.startsWith("close")).toSorted()).toEqual(["close a", "close b"]);
  });
});

/** Describes itself so many times, and fails then. */
function failingAfter(times: number, message: string): () => Promise<ReturnType<typeof reportOf>> {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls > times) throw new Error(message);
    return reportOf("one");
  };
}

describe("the end", () => {
  test("a removed member is forgotten and its connection closed", async () => {
    const { fleet, log, state } = aFleet([aMember("one", { lastAddress: at("a") })], { a: {} });
    await fleet.refresh(signal);
    state.members = [];
    await fleet.refresh(signal);
    expect(fleet.nodes()).toEqual([]);
    expect(log.at(-1)).toBe("close a");
  });

  test("a member removed while it is being asked leaves no connection behind", async () => {
    let answer = (): void => {};
    const slow = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { fleet, log, state } = aFleet([aMember("one", { lastAddress: at("a") })], {
      a: { describe: async () => slow.then(() => reportOf("one")) },
    });
    const round = fleet.refresh(signal);
    await settle();
    state.members = [];
    answer();
    await round;
    expect(log.at(-1)).toBe("close a");
  });

  test("closing during a round leaves no connection behind", async () => {
    const { fleet, log } = aFleet([aMember("one", { lastAddress: at("a") })], {
      a: { describe: (aborted) => silence(aborted) },
    });
    const round = fleet.refresh(signal);
    await settle();
    await fleet.close();
    await round;
    expect(log).toEqual(["dial a", "close a"]);
  });

  test("abort ends a round at once", async () => {
    const { fleet } = aFleet([aMember("one", { lastAddress: at("a") })], {
      a: { takeLease: (_term, aborted) => silence(aborted) },
    });
    const stop = new AbortController();
    const round = fleet.refresh(stop.signal);
    stop.abort(new Error("stopped"));
    await expect(round).rejects.toThrow("stopped");
    await fleet.close();
  });
});
