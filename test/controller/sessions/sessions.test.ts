import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createOpenCodes } from "../../../src/controller/sessions/open-codes.js";
import { createSessions } from "../../../src/controller/sessions/sessions.js";
import { createManualClock } from "../../support/agent-manual-clock.js";

const hourMs = 3_600_000;

function house() {
  const clock = createManualClock();
  return { clock, codes: createOpenCodes(clock, randomBytes), sessions: createSessions(clock, randomBytes) };
}

test("a code is 256 bits, good once, and for two minutes", async () => {
  const { clock, codes } = house();
  const { code, expiresAt } = codes.issue("anna");
  expect(Buffer.from(code, "base64url")).toHaveLength(32);
  expect(expiresAt).toBe(clock.now() + 120_000);
  expect(codes.redeem("another")).toBeUndefined();
  expect(codes.redeem(code)).toEqual({ user: "anna" });
  expect(codes.redeem(code)).toBeUndefined();
  const late = codes.issue("anna").code;
  await clock.advance(120_000);
  expect(codes.redeem(late)).toBeUndefined();
});

test("a code that is withdrawn is worthless", () => {
  const { codes } = house();
  const { code } = codes.issue("anna");
  codes.withdraw();
  expect(codes.redeem(code)).toBeUndefined();
});

test("only so many codes wait: the oldest are worthless", () => {
  const { codes } = house();
  const all = Array.from({ length: 17 }, () => codes.issue("anna").code);
  expect(all.map((code) => codes.redeem(code) !== undefined)).toEqual([false, ...Array(16).fill(true)]);
});

test("a session that is used goes on, for a week at most", async () => {
  const { clock, sessions } = house();
  const { id, secret } = sessions.begin("anna");
  for (let hours = 0; hours < 167; hours += 1) {
    await clock.advance(hourMs);
    expect(sessions.use(secret)).toMatchObject({ id, user: "anna", usedAt: clock.now() });
  }
  await clock.advance(hourMs);
  expect(sessions.use(secret)).toBeUndefined();
  expect(sessions.list()).toEqual([]);
});

test("a session that is not used for twelve hours has ended", async () => {
  const { clock, sessions } = house();
  const { secret } = sessions.begin("anna");
  await clock.advance(12 * hourMs - 1);
  expect(sessions.list()).toHaveLength(1);
  await clock.advance(1);
  expect(sessions.list()).toEqual([]);
  expect(sessions.use(secret)).toBeUndefined();
});

test("a session that was ended is over, and no other", () => {
  const { sessions } = house();
  const one = sessions.begin("anna");
  const other = sessions.begin("ben");
  expect(sessions.end(one.id)).toBe("ended");
  expect(sessions.end(one.id)).toBe("absent");
  expect(sessions.use(one.secret)).toBeUndefined();
  expect(sessions.use(other.secret)).toMatchObject({ user: "ben" });
});

test("of too many sessions the one that was used least recently ends, and lists hold no secret", () => {
  const { sessions } = house();
  const all = Array.from({ length: 32 }, () => sessions.begin("anna"));
  sessions.use(all[0]?.secret ?? "");
  sessions.begin("ben");
  expect(sessions.list()).toHaveLength(32);
  expect(sessions.use(all[0]?.secret ?? "")).toBeDefined();
  expect(sessions.use(all[1]?.secret ?? "")).toBeUndefined();
  for (const { secret } of all) expect(JSON.stringify(sessions.list())).not.toContain(secret);
});
