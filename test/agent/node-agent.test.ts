import { describe, expect, test } from "vitest";
import type { Caller } from "../../src/agent/authority.js";
import { protocolVersion } from "../../src/cluster/node-report.js";
import type { CardFile, RegistryFiles } from "../../src/register/registry-files.js";
import { settle } from "../support/agent-manual-clock.js";
import { createTestAgent } from "../support/agent-parts.js";
import { anEntry } from "../support/registry-entries.js";

const { signal } = new AbortController();

/** A registry that has weights for nothing and remembers what is written. */
function memoryRegistry(): RegistryFiles & { readonly written: Map<string, string> } {
  const written = new Map<string, string>();
  const none = async () => [];
  return {
    written,
    cards: async (): Promise<readonly CardFile[]> => [],
    readOurCard: async (id) => written.get(id),
    writeOurCard: async (id, text) => void written.set(id, text),
    removeOurCard: async (id) => (written.delete(id) ? "removed" : "absent"),
    modelFolders: none,
    foldersOf: none,
    localModels: none,
    localModelOf: async () => undefined,
    openModel: async () => undefined,
    gatherWeights: async () => "made",
    linkWeights: async () => {},
    unlinkWeights: async () => "absent",
  };
}

const caller = (changes: Partial<Caller> = {}): Caller => ({ pin: "controller", term: 1, protocolVersion, ...changes });

function leased(managed?: "observed") {
  const registry = memoryRegistry();
  const parts = createTestAgent(registry, managed);
  parts.agent.takeLease(caller(), 1);
  return { ...parts, registry };
}

describe("acting calls", () => {
  const { agent } = leased();
  const calls = {
    ensureEntry: (by: Caller) => agent.ensureEntry(by, anEntry(), signal),
    removeEntry: (by: Caller) => agent.removeEntry(by, anEntry().modelId),
    startExo: (by: Caller) => agent.startExo(by, signal),
    stopExo: (by: Caller) => agent.stopExo(by, signal),
  };
  const cases: readonly (readonly [string, Partial<Caller>, string])[] = [
    ["no lease", { term: undefined }, "stale_term"],
    ["an older term", { term: 0 }, "stale_term"],
    ["a term that was never granted", { term: 2 }, "stale_term"],
    ["another controller's key", { pin: "somebody" }, "other_controller"],
    ["another protocol", { protocolVersion: protocolVersion + 1 }, "not_possible"],
    ["no protocol", { protocolVersion: undefined }, "not_possible"],
  ];
  test.each(cases)("are refused with %s", async (_case, changes, code) => {
    for (const act of Object.values(calls)) await expect(act(caller(changes))).rejects.toMatchObject({ code });
  });

  test("are refused once the lease has run out", async () => {
    const { agent: own, clock } = leased();
    await clock.advance(10_000);
    await expect(own.stopExo(caller(), signal)).rejects.toMatchObject({ code: "stale_term" });
    own.takeLease(caller(), 1);
    await expect(own.stopExo(caller(), signal)).resolves.toMatchObject({ state: "stopped" });
  });

  test("happen one at a time, and the lease counts when the turn comes", async () => {
    const { agent: own, clock, host } = leased();
    host.holdStarts();
    const started = own.startExo(caller(), signal);
    const removed = own.removeEntry(caller(), anEntry().modelId);
    await settle();
    await clock.advance(11_000);
    host.letStart();
    await started;
    await expect(removed).rejects.toMatchObject({ code: "stale_term" });
  });
});

describe("exo's life", () => {
  test("is reported from stopped over starting to running, and the API decides", async () => {
    const { agent, exo } = leased();
    exo.answering = false;
    expect(await agent.exoStatus(signal)).toMatchObject({ state: "stopped", managed: true, generation: "unknown" });
    expect(await agent.startExo(caller(), signal)).toMatchObject({
      state: "starting",
      problem: expect.stringContaining("52415"),
    });
    exo.answering = true;
    const running = await agent.exoStatus(signal);
    expect(running).toMatchObject({ state: "running", managed: true, generation: "modern", nodeId: "exo-1" });
    expect(running.variant?.label).toBe("1.0.71");
    expect(running).not.toHaveProperty("problem");
  });

  test("starting twice starts one", async () => {
    const { agent, host } = leased();
    await agent.startExo(caller(), signal);
    await agent.startExo(caller(), signal);
    expect(host.programs).toHaveLength(1);
  });

  test("an exo that somebody else runs is neither managed, nor started again, nor stopped", async () => {
    const { agent, exo, host } = leased();
    exo.foreign = true;
    expect(await agent.exoStatus(signal)).toMatchObject({ state: "running", managed: false });
    await expect(agent.startExo(caller(), signal)).rejects.toMatchObject({ code: "not_possible" });
    await expect(agent.stopExo(caller(), signal)).rejects.toMatchObject({ code: "not_possible" });
    expect(host.programs).toHaveLength(0);
  });

  test("an agent that was not told how does not start exo", async () => {
    const { agent } = leased("observed");
    expect(await agent.exoStatus(signal)).toMatchObject({ state: "stopped", managed: false });
    await expect(agent.startExo(caller(), signal)).rejects.toMatchObject({ code: "not_possible" });
  });

  test("a crash shows as failed, with the reason", async () => {
    const { agent, host } = leased();
    await agent.startExo(caller(), signal);
    host.programs[0]?.end({ code: 3, signal: null });
    await settle();
    expect(await agent.exoStatus(signal)).toMatchObject({
      state: "failed",
      problem: expect.stringContaining("code 3"),
    });
  });
});

describe("entries", () => {
  test("are written in the form that the running exo reads", async () => {
    const { agent, registry } = leased();
    await expect(agent.ensureEntry(caller(), anEntry(), signal)).rejects.toMatchObject({ code: "not_possible" });
    await agent.startExo(caller(), signal);
    expect(await agent.ensureEntry(caller(), anEntry(), signal)).toEqual({ entry: "created", weights: "missing" });
    expect(await agent.ensureEntry(caller(), anEntry(), signal)).toEqual({ entry: "unchanged", weights: "missing" });
    expect(registry.written.get(anEntry().modelId)).not.toContain("backends");
    expect(await agent.removeEntry(caller(), anEntry().modelId)).toBe("removed");
    expect(registry.written.size).toBe(0);
  });
});

test("the description names the machine, its memory and its exo, and that it is simulated", async () => {
  const { agent } = leased();
  expect(await agent.describe(signal)).toMatchObject({
    name: "studio-1",
    simulated: true,
    protocolVersion,
    hardware: { chip: "Apple M3 Ultra" },
    memory: { workingSetSource: "metal" },
    exo: { state: "stopped" },
  });
});
