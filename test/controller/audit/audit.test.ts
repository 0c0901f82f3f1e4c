import { expect, test } from "vitest";
import { apiForCaller } from "../../../src/controller/audit/api-for-caller.js";
import { readAudit } from "../../../src/controller/audit/audit-api.js";
import { auditedRedeem } from "../../../src/controller/audit/audited-redeem.js";
import { callRules } from "../../../src/controller/audit/call-rules.js";
import type { Caller } from "../../../src/controller/audit/caller.js";
import type { EnrolmentAnswer, EnrolmentRequest } from "../../../src/controller/enrolment.js";
import { Problem } from "../../../src/runtime/problem.js";
import { anAdminApi, aTrail, createMemoryAudit, someJoin } from "../../support/admin-house.js";
import { createManualClock } from "../../support/agent-manual-clock.js";

const { signal } = new AbortController();
const key: Caller = { via: "key", id: "key_a", name: "ci" };
const socket: Caller = { via: "socket", user: "anna", account: "exo" };
const failed = new Problem("failed", "node_serves", "it serves");

function house(caller: Caller = key, change: Parameters<typeof anAdminApi>[0] = {}) {
  const clock = createManualClock(Date.parse("2027-01-31T12:00:00Z"));
  const audit = createMemoryAudit();
  const trail = aTrail(audit.log, clock);
  const api = apiForCaller(anAdminApi(change), trail, { caller, from: "10.0.0.9" });
  return { clock, ...audit, trail, api };
}

test("a change is recorded before it is made, and with its outcome and how long it took", async () => {
  const seen: string[] = [];
  const { api, kept, clock } = house(key, {
    removeNode: async ({ node }) => {
      seen.push(...kept.changes.map(({ outcome }) => outcome));
      await clock.advance(250);
      return { node, outcome: "changed" };
    },
  });
  await api.removeNode({ node: "studio-1" });
  expect(seen).toEqual(["begun"]);
  const [begun, ended] = kept.changes;
  const common = { who: key, from: "10.0.0.9", what: "nodes remove", target: "studio-1", generation: 7 };
  expect(begun).toEqual({ ...common, at: "2027-01-31T12:00:00.000Z", id: begun?.id, outcome: "begun" });
  expect(ended).toEqual({ ...common, at: "2027-01-31T12:00:00.250Z", id: begun?.id, outcome: "ok", durationMs: 250 });
});

test.each([
  [failed, { outcome: "failed", code: "node_serves" }],
  [new Problem("usage", "unknown_node", "no such node"), { outcome: "refused", code: "unknown_node" }],
  [new TypeError("a fault of ours"), { outcome: "failed", code: "internal" }],
])("what goes wrong with a change is recorded and told: %s", async (error, outcome) => {
  const { api, kept } = house(key, { removeNode: () => Promise.reject(error) });
  await expect(api.removeNode({ node: "studio-1" })).rejects.toBe(error);
  expect(kept.changes[1]).toMatchObject(outcome);
});

test("nothing is changed without a record, and what is done without its end's is told", async () => {
  let calls = 0;
  const createToken = async () => {
    calls += 1;
    return someJoin;
  };
  const { api, state } = house(key, { createToken });
  state.failing = "always";
  await expect(api.createToken({ ttlMs: 60_000 })).rejects.toMatchObject({ code: "audit_not_written" });
  expect(calls).toBe(0);
  state.failing = "after the first";
  const told: unknown = await api.createToken({ ttlMs: 60_000 }).catch((error: unknown) => error);
  expect(told).toMatchObject({ code: "audit_incomplete", message: expect.stringContaining("it was done") });
  expect(calls).toBe(1);
});

test("reads and dry runs are not recorded", async () => {
  const { api, kept } = house();
  api.status();
  api.listKeys();
  await api.apply({ mode: "dry-run", by: "ci" }, () => {}, signal);
  expect(kept).toEqual({ changes: [], attempts: [] });
});

test("every call of the API goes by a rule, and no other is handed out", () => {
  const { api } = house();
  expect(Object.keys(callRules).toSorted()).toEqual(Object.keys(anAdminApi()).toSorted());
  expect(Object.keys(api).toSorted()).toEqual(Object.keys(callRules).toSorted());
});

test.each([key, { via: "session", id: "s", user: "anna" } as const])(
  "$via makes neither admin keys nor links for browsers, since both would outlive it",
  async (caller) => {
    const { api, kept } = house(caller);
    const admin = api.createKey({ name: "evil", scopes: ["models", "admin"], limits: {} });
    await expect(admin).rejects.toMatchObject({ code: "local_only" });
    await expect(api.createOpenLink({ by: "x" })).rejects.toMatchObject({ code: "local_only" });
    expect(kept.changes.map(({ outcome, code }) => code ?? outcome)).toEqual([
      ...["begun", "local_only"],
      ...["begun", "local_only"],
    ]);
    await api.createKey({ name: "phone", scopes: ["models"], limits: {} });
    expect(kept.changes.at(-1)).toMatchObject({ outcome: "ok", target: "phone (models)" });
  },
);

test("the account of the controller makes both", async () => {
  const { api } = house(socket);
  await api.createKey({ name: "ci", scopes: ["admin"], limits: {} });
  await api.createOpenLink({ by: "anna" });
});

test("no secret of an answer is in a record", async () => {
  const { api, kept } = house(socket);
  const secrets = [
    (await api.createKey({ name: "ci", scopes: ["admin"], limits: {} })).key,
    (await api.createToken({ ttlMs: 60_000 })).token,
    (await api.createOpenLink({ by: "anna" })).url,
  ];
  for (const secret of secrets) expect(JSON.stringify(kept)).not.toContain(secret);
});

const request = {
  tokenId: "tok",
  agentId: "agent",
  name: "x\n\u001b[31m".repeat(200),
  channel: { sourceAddress: "10.0.0.7" },
} as unknown as EnrolmentRequest;

test("enrolments are recorded: strangers' attempts where they push out nothing else, members as changes", async () => {
  const { trail, kept, log } = house();
  const answers: EnrolmentAnswer[] = [
    { kind: "refused", code: "token_used" },
    { kind: "enrolled", clusterId: "c", name: "studio-1" as never, standing: "member", proof: new Uint8Array() },
  ];
  let count = 0;
  const redeem = auditedRedeem(
    async () => answers[count++] as EnrolmentAnswer,
    trail,
    () => `call-${count}`,
  );
  await redeem(request);
  expect(kept.attempts.map(({ outcome }) => outcome)).toEqual(["begun", "refused"]);
  expect(kept.attempts[0]?.target.length).toBeLessThan(210);
  await redeem(request);
  expect(kept.changes).toMatchObject([{ what: "enrol", target: "studio-1", outcome: "ok" }]);
  expect((await readAudit(log, { limit: 9 })).map(({ outcome }) => outcome)).toEqual(["refused", "ok"]);
});

test("nobody enrols without a record", async () => {
  const { trail, state } = house();
  state.failing = "always";
  const redeem = auditedRedeem(
    () => Promise.reject(new Error("not reached")),
    trail,
    () => "id",
  );
  await expect(redeem(request)).rejects.toMatchObject({ code: "audit_not_written" });
});

test("records are read by time, by who, by what, one for each call, and the newest only", async () => {
  const { api, trail, clock, log } = house();
  await api.removeNode({ node: "studio-1" });
  await clock.advance(60_000);
  const since = clock.now();
  await trail.note({ who: socket, from: "local socket", what: "keys revoke", target: "key_a" }, { outcome: "ok" });
  await clock.advance(1);
  await api.approveNode({ node: "studio-2" });
  const whats = async (query: object) => (await readAudit(log, { limit: 9, ...query })).map(({ what }) => what);
  expect(await whats({})).toEqual(["nodes remove", "keys revoke", "nodes approve"]);
  expect(await whats({ since })).toEqual(["keys revoke", "nodes approve"]);
  expect(await whats({ who: "anna" })).toEqual(["keys revoke"]);
  expect(await whats({ who: "key" })).toEqual(["nodes remove", "nodes approve"]);
  expect(await whats({ what: "studio-2" })).toEqual(["nodes approve"]);
  expect(await whats({ limit: 1 })).toEqual(["nodes approve"]);
});
