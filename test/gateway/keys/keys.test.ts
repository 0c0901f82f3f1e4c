import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAdmitRequest } from "../../../src/gateway/keys/admit-request.js";
import { type ApiKey, keyState } from "../../../src/gateway/keys/api-key.js";
import { createFindKey } from "../../../src/gateway/keys/find-key.js";
import { hashKeyText, keyPattern, newKeyText } from "../../../src/gateway/keys/key-text.js";
import { type KeyUsage, usageToday, withMoreUsage } from "../../../src/gateway/keys/key-usage.js";
import { createRateWindow } from "../../../src/gateway/keys/rate-window.js";
import { readCredentials } from "../../../src/gateway/keys/read-credentials.js";
import { sourceOf } from "../../../src/gateway/keys/source-of.js";
import { createUsageLedger } from "../../../src/gateway/keys/usage-ledger.js";
import { createHandClock, createLogKeeper } from "../../support/gateway-house.js";

const text = newKeyText(randomBytes);
const aKey = (change: Partial<ApiKey> = {}): ApiKey => ({
  id: "key_aaaaaaaaaa",
  name: "ci",
  sha256: hashKeyText(text),
  scopes: ["models"],
  limits: {},
  createdAt: 1,
  ...change,
});

describe("the text of a key", () => {
  test("has all 256 bits in it, behind a prefix that scanners can look for", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const made = newKeyText(() => bytes);
        expect(made).toMatch(keyPattern);
        expect(new Uint8Array(Buffer.from(made.slice("exoctl_".length), "base64url"))).toEqual(bytes);
      }),
      { numRuns: 50 },
    );
  });

  test("is found by itself alone, and at once when it is new", () => {
    let keys = [aKey()];
    const find = createFindKey(() => keys);
    expect(find(text)?.id).toBe("key_aaaaaaaaaa");
    // The last of the 43 characters holds four bits: this other spelling stands for the same bytes.
    const last = text.slice(-1);
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const spelt = text.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1];
    for (const other of [spelt, text.toLowerCase(), ` ${text}`, text.slice(0, -1), hashKeyText(text), "", "exoctl_"])
      expect(find(other)).toBeUndefined();
    const second = newKeyText(randomBytes);
    keys = [...keys, aKey({ id: "key_bbbbbbbbbb", sha256: hashKeyText(second) })];
    expect(find(second)?.id).toBe("key_bbbbbbbbbb");
  });
});

test("a key is good until it expires, and never again once it is revoked", () => {
  expect(keyState(aKey(), 5)).toBe("active");
  expect(keyState(aKey({ expiresAt: 6 }), 5)).toBe("active");
  expect(keyState(aKey({ expiresAt: 5 }), 5)).toBe("expired");
  expect(keyState(aKey({ expiresAt: 6, revokedAt: 2 }), 5)).toBe("revoked");
});

describe("credentials", () => {
  test.each<[NodeJS.Dict<string[]>, ReturnType<typeof readCredentials>]>([
    [{}, { kind: "none" }],
    [{ authorization: ["Bearer abc"] }, { kind: "text", text: "abc" }],
    [{ authorization: ["bearer   abc "] }, { kind: "text", text: "abc" }],
    [{ "x-api-key": ["abc"] }, { kind: "text", text: "abc" }],
    [
      { authorization: ["Bearer abc"], "x-api-key": ["abc"] },
      { kind: "text", text: "abc" },
    ],
    [{ authorization: ["Bearer abc"], "x-api-key": ["abd"] }, { kind: "ambiguous" }],
    [{ authorization: ["Bearer abc", "Bearer abc"] }, { kind: "ambiguous" }],
    [{ "x-api-key": ["abc", "abc"] }, { kind: "ambiguous" }],
    [{ authorization: ["Basic abc"] }, { kind: "other-scheme" }],
    [{ authorization: ["Basic abc"], "x-api-key": ["abc"] }, { kind: "other-scheme" }],
    [{ authorization: ["Bearer"] }, { kind: "other-scheme" }],
    [{ authorization: ["Bearer a b"] }, { kind: "other-scheme" }],
    [{ authorization: [""] }, { kind: "other-scheme" }],
  ])("%j", (headers, expected) => {
    expect(readCredentials(headers)).toEqual(expected);
  });
});

test.each([
  ["10.0.0.5", "10.0.0.5"],
  ["::ffff:10.0.0.5", "10.0.0.5"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%en0", "fe80:0:0:0::/64"],
])("failures from %s count for %s", (address, source) => {
  expect(sourceOf(address)).toBe(source);
});

test("no minute has more requests than allowed, and no request is refused below that", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), gaps, (limit, waits) => {
      const window = createRateWindow(limit);
      const taken: number[] = [];
      let now = 0;
      for (const wait of waits) {
        now += wait;
        const recent = taken.filter((at) => now - at < 60_000);
        expect(window.remaining(now)).toBe(limit - recent.length);
        expect(window.waitMs(now)).toBe(recent.length < limit ? 0 : (recent[0] ?? 0) + 60_000 - now);
        expect(window.resetMs(now)).toBe(recent.length === 0 ? 0 : (recent.at(-1) ?? 0) + 60_000 - now);
        if (window.waitMs(now) > 0) continue;
        window.take(now);
        taken.push(now);
      }
    }),
  );
});

describe("limits", () => {
  test("a minute's requests, and when the next is allowed", async () => {
    const clock = createHandClock();
    const admit = createAdmitRequest(clock, () => undefined);
    const key = aKey({ limits: { requestsPerMinute: 2 } });
    expect(admit(key)).toMatchObject({ kind: "admitted", headers: { "x-ratelimit-remaining-requests": "1" } });
    await clock.advance(20_000);
    expect(admit(key)).toMatchObject({ kind: "admitted", headers: { "x-ratelimit-reset-requests": "1m0s" } });
    const refused = admit(key);
    expect(refused).toMatchObject({
      kind: "refused",
      error: { status: 429, code: "rate_limit_exceeded", type: "requests", retryAfterSec: 40 },
      headers: { "x-ratelimit-limit-requests": "2", "x-ratelimit-remaining-requests": "0" },
    });
    await clock.advance(40_000);
    expect(admit(key).kind).toBe("admitted");
    expect(admit(aKey({ id: "key_bbbbbbbbbb" })).headers).toEqual({});
  });

  test("requests at the same time: one more when one is over, however often that is told", () => {
    const admit = createAdmitRequest(createHandClock(), () => undefined);
    const key = aKey({ limits: { concurrency: 2 } });
    const first = admit(key);
    expect(admit(key).kind).toBe("admitted");
    expect(admit(key)).toMatchObject({ kind: "refused", error: { code: "concurrency_exceeded" } });
    if (first.kind === "admitted") {
      first.leave();
      first.leave();
    }
    expect(admit(key).kind).toBe("admitted");
    expect(admit(key).kind).toBe("refused");
  });

  test("a day's tokens, until midnight UTC", async () => {
    const clock = createHandClock(Date.parse("2026-03-01T22:30:00Z"));
    let usage: KeyUsage | undefined;
    const admit = createAdmitRequest(clock, () => usage);
    const key = aKey({ limits: { tokensPerDay: 100 } });
    usage = withMoreUsage(undefined, { requests: 1, promptTokens: 60, completionTokens: 39 }, clock.now());
    expect(admit(key)).toMatchObject({
      kind: "admitted",
      headers: { "x-ratelimit-remaining-tokens": "1", "x-ratelimit-reset-tokens": "1h30m0s" },
    });
    usage = withMoreUsage(usage, { requests: 1, promptTokens: 50, completionTokens: 0 }, clock.now());
    expect(admit(key)).toMatchObject({
      kind: "refused",
      error: { code: "daily_tokens_exceeded", type: "tokens", retryAfterSec: 5_400 },
      headers: { "x-ratelimit-remaining-tokens": "0" },
    });
    await clock.advance(5_400_000);
    expect(admit(key).kind).toBe("admitted");
    expect(usageToday(usage, clock.now()).requests).toBe(0);
    expect(usage.total).toEqual({ requests: 2, promptTokens: 110, completionTokens: 39 });
  });
});

describe("usage", () => {
  const one = { requests: 1, promptTokens: 2, completionTokens: 3 };

  function aLedger(save: (changed: object) => Promise<void>) {
    const clock = createHandClock();
    const logger = createLogKeeper();
    const saved = { old: withMoreUsage(undefined, one, clock.now()) };
    return { clock, logger, ledger: createUsageLedger({ saved, save, clock, logger }) };
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  test("is saved together after a few seconds, what has changed only, and the rest at the end", async () => {
    const saves: object[] = [];
    const { clock, ledger } = aLedger(async (changed) => void saves.push(changed));
    ledger.add("a", one);
    ledger.add("a", one);
    expect(ledger.of("a")?.total.requests).toBe(2);
    expect(ledger.of("old")?.total.requests).toBe(1);
    expect(saves).toEqual([]);
    await clock.advance(5_000);
    await settle();
    expect(saves).toMatchObject([{ a: { total: { requests: 2, promptTokens: 4, completionTokens: 6 } } }]);
    expect(clock.sleepers()).toBe(0);
    ledger.add("old", one);
    await ledger.close();
    await ledger.close();
    expect(saves.slice(1)).toMatchObject([{ old: { total: { requests: 2 } } }]);
  });

  test("that could not be saved is saved the next time", async () => {
    const saves: object[] = [];
    let disk: "full" | "free" = "full";
    const { clock, ledger, logger } = aLedger(async (changed) => {
      if (disk === "full") throw new Error("ENOSPC");
      saves.push(changed);
    });
    ledger.add("a", one);
    await clock.advance(5_000);
    await settle();
    expect(logger.lines.join("")).toContain("was not saved");
    disk = "free";
    await clock.advance(5_000);
    await settle();
    expect(saves).toMatchObject([{ a: { total: { requests: 1 } } }]);
    await ledger.close();
    expect(saves.length).toBe(1);
  });
});
