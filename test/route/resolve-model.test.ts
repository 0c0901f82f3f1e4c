import fc from "fast-check";
import { expect, test } from "vitest";
import { resolveModel } from "../../src/route/resolve-model.js";
import type { ServingModel } from "../../src/route/serving-model.js";

const aModel = (name: string, aliases: readonly string[] = []): ServingModel => ({
  name,
  aliases,
  contextTokens: 8_192,
  state: "ready",
  targets: [],
});

const models = [aModel("gpt-oss-120b", ["think", "best"]), aModel("gpt-oss-20b", ["fast"])];

test("a model is found by its name and by each alias", () => {
  for (const name of ["gpt-oss-120b", "think", "best"]) {
    expect(resolveModel(name, models)).toMatchObject({ kind: "model", model: { name: "gpt-oss-120b" } });
  }
});

test("a name wins over an alias that is spelled the same", () => {
  const clash = [aModel("a", ["b"]), aModel("b")];
  expect(resolveModel("b", clash)).toMatchObject({ kind: "model", model: { name: "b" } });
});

test("names are exact: case and spaces count", () => {
  expect(resolveModel("GPT-OSS-120B", models).kind).toBe("unknown");
  expect(resolveModel(" think", models).kind).toBe("unknown");
});

test("an unknown name is told everything that there is, models first, each once", () => {
  expect(resolveModel("llama", [...models, aModel("fast")])).toEqual({
    kind: "unknown",
    available: ["gpt-oss-120b", "gpt-oss-20b", "fast", "think", "best"],
  });
});

test.each([
  ["gpt-oss-12b", "gpt-oss-120b"],
  ["gpt-oss120b", "gpt-oss-120b"],
  ["GPT-OSS-120B", "gpt-oss-120b"],
  ["openai/gpt-oss-20b", "gpt-oss-20b"],
  ["mlx-community/gpt-oss-120b-MXFP4-Q8", "gpt-oss-120b"],
  ["thnk", "think"],
])("%s probably means %s", (asked, meant) => {
  expect(resolveModel(asked, models)).toMatchObject({ suggestion: meant });
});

test("nothing is suggested for what is far from everything", () => {
  expect(resolveModel("claude-opus", models)).not.toHaveProperty("suggestion");
  expect(resolveModel("x".repeat(5_000_000), models)).not.toHaveProperty("suggestion");
});

test("any text is answered, and a suggestion is always something that exists", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (name) => {
      const resolved = resolveModel(name, models);
      if (resolved.kind === "unknown" && resolved.suggestion !== undefined) {
        expect(resolved.available).toContain(resolved.suggestion);
      }
    }),
  );
});
