import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { modelId } from "../../src/cluster/names.js";
import { type AgentHouse, openAgentHouse } from "../support/agent-house.js";
import { testAgentId } from "../support/agent-parts.js";
import { anEntry } from "../support/registry-entries.js";

const { signal } = new AbortController();

let house: AgentHouse;
beforeAll(async () => {
  house = await openAgentHouse();
});
afterAll(() => house.close());

describe("an enrolled controller", () => {
  test("reads what the agent reports, field by field", async () => {
    expect(await house.link(house.controller).describe(signal)).toEqual(await house.parts.agent.describe(signal));
    expect((await house.link(house.controller).describe(signal)).agentId).toBe(testAgentId);
  });

  test("takes the lease and does the main job, twice without a change", async () => {
    await house.registry.addModel(`${house.registry.modelsFolders[0]}/mlx-community--gpt-oss-120b-MXFP4-Q8`);
    const own = house.link(house.controller);
    expect(await own.takeLease(7, signal)).toEqual({ term: 7, validMs: 10_000 });
    await own.startExo(signal);
    await own.startExo(signal);
    expect(house.parts.host.programs).toHaveLength(1);
    expect((await own.describe(signal)).exo).toEqual(await house.parts.agent.exoStatus(signal));
    expect(await own.ensureEntry(anEntry(), signal)).toEqual({ entry: "created", weights: "linked" });
    expect(await own.ensureEntry(anEntry(), signal)).toEqual({ entry: "unchanged", weights: "already-linked" });
    const report = await own.describeRegistry(signal);
    expect(report.cards).toMatchObject([{ modelId: anEntry().modelId, ours: true }]);
    expect(report).toEqual(await house.parts.agent.describeRegistry());
    expect(report.models).toContainEqual({
      modelId: anEntry().modelId,
      complete: true,
      linkTo: anEntry().weightsOf,
      link: "ours",
      bytes: expect.any(Number),
      weightFiles: { present: 2, named: 2 },
    });
    expect(await own.removeEntry(anEntry().modelId, signal)).toBe("removed");
    expect(await own.removeEntry(anEntry().modelId, signal)).toBe("absent");
    await own.stopExo(signal);
    expect((await own.describe(signal)).exo.state).toBe("stopped");
  });

  test("with a stale term is told so and changes nothing", async () => {
    const [old, fresh, none] = [
      house.link(house.controller),
      house.link(house.controller),
      house.link(house.controller),
    ];
    await old.takeLease(20, signal);
    await fresh.takeLease(21, signal);
    await expect(old.startExo(signal)).rejects.toMatchObject({ name: "AgentRefusedError", code: "stale_term" });
    await expect(old.takeLease(20, signal)).rejects.toMatchObject({ code: "stale_term" });
    await expect(none.ensureEntry(anEntry(), signal)).rejects.toMatchObject({ code: "stale_term", retryable: false });
    expect((await none.describe(signal)).exo.state).toBe("stopped");
    await house.parts.clock.advance(10_000);
    await expect(fresh.removeEntry(anEntry().modelId, signal)).rejects.toMatchObject({ code: "stale_term" });
    await expect(fresh.takeLease(0, signal)).rejects.toMatchObject({ code: "invalid" });
  });

  test("hears the agent's own sentence when something is not possible", async () => {
    const own = house.link(house.controller);
    await own.takeLease(30, signal);
    await expect(own.ensureEntry(anEntry(), signal)).rejects.toMatchObject({
      code: "not_possible",
      message: expect.stringContaining("exo does not answer"),
    });
  });

  test("gets its own cancel back, not a timeout", async () => {
    const reason = new Error("no longer wanted");
    await expect(house.link(house.controller).describe(AbortSignal.abort(reason))).rejects.toBe(reason);
    const later = new AbortController();
    const asked = house.link(house.controller).describe(later.signal);
    later.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });
});

describe("model ids that would leave a folder", () => {
  test.each(["../../etc/passwd", "a/..", "/etc/passwd", "a/b/c", "a/b\u0000", "exoctl/../../x", ""])(
    "%j is refused",
    async (id) => {
      const own = house.link(house.controller);
      await own.takeLease(40, signal);
      const hostile = id as ReturnType<typeof modelId>;
      await expect(own.ensureEntry(anEntry({ modelId: hostile }), signal)).rejects.toMatchObject({ code: "invalid" });
      await expect(own.ensureEntry(anEntry({ weightsOf: hostile }), signal)).rejects.toMatchObject({ code: "invalid" });
      await expect(own.removeEntry(hostile, signal)).rejects.toMatchObject({ code: "invalid" });
    },
  );
});

describe("the link", () => {
  test("talks to nobody but the enrolled key, and says that the key is another one", async () => {
    await expect(house.link(house.controller, { agent: house.stranger }).describe(signal)).rejects.toMatchObject({
      code: "agent_pin_mismatch",
    });
    const rightCertificateWrongPin = { ...house.agent, pin: house.stranger.pin };
    await expect(
      house.link(house.controller, { agent: rightCertificateWrongPin }).describe(signal),
    ).rejects.toMatchObject({
      code: "agent_pin_mismatch",
      retryable: true,
    });
  });

  test("says that nobody answers when nobody does", async () => {
    const gone = await house.serve([house.controller]);
    await gone.close();
    await expect(house.link(house.controller, { port: gone.port }).describe(signal)).rejects.toMatchObject({
      code: "agent_unreachable",
    });
  });

  test("finds an agent again that was away", async () => {
    const first = await house.serve([house.controller]);
    const own = house.link(house.controller, { port: first.port });
    await own.describe(signal);
    await first.close();
    await expect(own.describe(signal)).rejects.toMatchObject({ code: "agent_unreachable" });
    const second = await house.serve([house.controller], first.port);
    await expect
      .poll(
        () =>
          own.describe(signal).then(
            (report) => report.agentId,
            () => "away",
          ),
        { timeout: 8_000 },
      )
      .toBe(testAgentId);
    await second.close();
  });

  test("gives up on an agent that takes too long", async () => {
    await expect(house.link(house.controller, { observeMs: 1 }).describe(signal)).rejects.toMatchObject({
      code: "agent_unreachable",
      message: expect.stringContaining("in time"),
    });
  });
});

describe("raw calls", () => {
  const call = (run: (done: (error: ServiceError | null) => void) => void): Promise<ServiceError | null> =>
    new Promise(run);

  test("refusals carry a stable status and a reason", async () => {
    const error = await call((done) => house.rawClient(house.controller).removeEntry({ modelId: "../x" }, done));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(error?.metadata.get("exoctl-reason")).toEqual(["invalid"]);
    const unleased = await call((done) => house.rawClient(house.controller).startExo({}, done));
    expect(unleased).toMatchObject({ code: status.FAILED_PRECONDITION });
  });

  test("a caller that speaks another protocol observes but does not act", async () => {
    const client = house.rawClient(house.controller);
    expect(await call((done) => client.exoStatus({}, done))).toBeNull();
    const metadata = new Metadata();
    metadata.set("exoctl-pv", "2");
    const error = await call((done) => client.takeLease({ term: 50 }, metadata, done));
    expect(error?.metadata.get("exoctl-reason")).toEqual(["not_possible"]);
  });

  test("no message above 1 MiB is read", async () => {
    const error = await call((done) =>
      house.rawClient(house.controller).removeEntry({ modelId: "x".repeat(2 ** 20 + 1) }, done),
    );
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
  });

  test("an entry that is not there, or has numbers that JavaScript can't hold, is refused", async () => {
    const client = house.rawClient(house.controller);
    const entry = { ...anEntry(), capabilities: [], storageBytes: "9007199254740993" };
    expect((await call((done) => client.ensureEntry({ entry }, done)))?.code).toBe(status.INVALID_ARGUMENT);
    expect((await call((done) => client.ensureEntry({}, done)))?.code).toBe(status.INVALID_ARGUMENT);
  });
});
