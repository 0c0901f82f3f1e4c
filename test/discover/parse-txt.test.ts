import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTxt, readAgentTxt } from "../../src/discover/parse-txt.js";

const strings = (...texts: readonly string[]): Uint8Array[] => texts.map((text) => Buffer.from(text));
const text = (value: unknown): string => Buffer.from(value as Uint8Array).toString();

describe("parseTxt", () => {
  test("splits at the first equals sign and keeps present, empty and absent apart", () => {
    const entries = parseTxt(strings("a=b=c", "empty=", "flag"));
    expect(text(entries.get("a"))).toBe("b=c");
    expect(text(entries.get("empty"))).toBe("");
    expect(entries.get("flag")).toBe(true);
    expect(entries.has("absent")).toBe(false);
  });

  test("the first occurrence of a key wins, whatever its case", () => {
    expect(text(parseTxt(strings("Pv=1", "pv=2")).get("pv"))).toBe("1");
  });

  test("skips strings without a key and keys that are not printable ASCII", () => {
    expect([...parseTxt(strings("", "=x", "k\u00e4=1", "\u0001=1", "ok=1")).keys()]).toEqual(["ok"]);
  });

  test("takes __proto__ as a key like any other", () => {
    const entries = parseTxt(strings("__proto__=evil", "constructor=x"));
    expect(text(entries.get("__proto__"))).toBe("evil");
    expect(({} as Record<string, unknown>).evil).toBeUndefined();
  });

  test("stops after 1300 bytes", () => {
    const many = Array.from({ length: 20 }, (_, index) => `k${index}=${"x".repeat(200)}`);
    expect(parseTxt(strings(...many)).size).toBe(6);
  });

  test("never throws and never keeps more than its limits", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 60 }), (raw) => {
        const entries = parseTxt(raw);
        expect(entries.size).toBeLessThanOrEqual(32);
        for (const key of entries.keys()) expect(key).toBe(key.toLowerCase());
      }),
    );
  });
});

describe("readAgentTxt", () => {
  test("reads well-formed claims", () => {
    const id = "0F5C2B1A-1111-4111-8111-111111111111";
    expect(readAgentTxt(strings("txtvers=1", "pv=1", `id=${id}`, `fp=${"A".repeat(43)}`))).toEqual({
      agentId: id.toLowerCase(),
      fingerprint: "A".repeat(43),
      protocolVersion: 1,
    });
  });

  test("leaves out claims that are malformed", () => {
    expect(readAgentTxt(strings("pv=0", "id=../../etc", "fp=short"))).toEqual({});
    expect(readAgentTxt(strings("pv", "id", "fp"))).toEqual({});
  });
});
