import picocolors from "picocolors";
import { expect, test } from "vitest";
import { commaList, readAmount, readExpiry, readScopes } from "../../src/cli/key-options.js";
import { renderKeys, renderRevokedKey } from "../../src/cli/render/keys-view.js";
import type { ListedKey } from "../../src/controller/keys/keys-api.js";

const now = Date.parse("2026-11-24T10:00:00Z");

test.each([
  ["12h", "2026-11-24T22:00:00Z"],
  ["90d", "2027-02-22T10:00:00Z"],
  ["2027-01-31", "2027-02-01T00:00:00Z"],
])("a key for %s expires at %s", (text, at) => {
  expect(readExpiry(text, now)).toBe(Date.parse(at));
});

test("what is no time, scope or number is refused", () => {
  for (const text of ["2027-02-31", "2027-13-01", "soon", "", "-1d"]) expect(() => readExpiry(text, now)).toThrow();
  for (const text of ["root", "models,root", "", ","]) expect(() => readScopes(text)).toThrow();
  for (const text of ["0", "-1", "1.5", "1e3", "", "many"]) expect(() => readAmount(text)).toThrow();
  expect(readScopes("batch, models,batch")).toEqual(["models", "batch"]);
  expect(commaList(" think,, gpt-oss-120b ")).toEqual(["think", "gpt-oss-120b"]);
  expect(readAmount("60")).toBe(60);
});

test("a list of keys says what each is good for and what was used; a name can't forge a line", () => {
  const counts = { requests: 1_200, promptTokens: 1_000_000, completionTokens: 234_567 };
  const key: ListedKey = {
    id: "key_aaaaaaaaaa",
    name: "ci\u001b[2K\rbot",
    state: "active",
    scopes: ["models", "batch"],
    limits: { requestsPerMinute: 60, concurrency: 2, tokensPerDay: 1_000_000 },
    models: ["think"],
    createdAt: 1,
    expiresAt: now,
    usage: { today: { ...counts, requests: 3, promptTokens: 0 }, total: counts },
  };
  const page = { width: 200, colors: picocolors.createColors(false) };
  const [, line = ""] = renderKeys([key], page);
  expect(line.replace(/ {2,}/g, " | ")).toBe(
    "key_aaaaaaaaaa | ci bot | active | models,batch | 3 / 234,567 | 1,200 / 1,234,567 | 2026-11-24 10:00 | " +
      "60 requests/min; 2 at a time; 1,000,000 tokens/day; only think",
  );
  expect(renderKeys([], page).join("")).toContain("exoctl keys create");
  expect(renderRevokedKey({ id: "key_a", name: "ci", outcome: "unchanged" })).toEqual([
    "key_a (ci) is revoked, as before",
  ]);
});
