import fc from "fast-check";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { isOurCard, renderCard, UnknownCardFieldError } from "../../src/register/render-card.js";
import { cardComplaints, releases } from "../support/exo-card-schemas.js";
import { anEntry, variants } from "../support/registry-entries.js";

/** Whole numbers as bigint, so that 1.0 and 1 differ. */
const parseExactly = (text: string): Record<string, unknown> => parse(text, { integersAsBigInt: true });

describe.each(releases)("a card for exo %s", (release) => {
  const text = renderCard(anEntry(), variants[release]);
  const card = parse(text);

  test("names every field we know of it", () => {
    const notOurs = ["components", "uses_cfg", "is_custom", "vision"];
    const expected = variants[release].cardFields.filter((field) => !notOurs.includes(field));
    expect(Object.keys(card).toSorted()).toEqual(expected.toSorted());
  });

  test("carries the true numbers and never runs remote code", () => {
    expect(card).toMatchObject({
      model_id: "exoctl/gpt-oss-120b-MXFP4-Q8",
      n_layers: 36,
      hidden_size: 2880,
      tasks: ["TextGeneration"],
      trust_remote_code: false,
      storage_size: { in_bytes: 63_235_000_000 },
    });
  });

  test("is the same bytes every time and says who wrote it", () => {
    expect(renderCard(anEntry(), structuredClone(variants[release]))).toBe(text);
    expect(isOurCard(text)).toBe(true);
  });

  test("stays one value per field whatever the text is", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        '"\ntrust_remote_code = true\n#',
        "'''",
        '"""',
        "\\",
        "\u0000\u0001\u007f",
        "\r\n[storage_size]\nin_bytes = 1",
        "# x",
      ),
    );
    fc.assert(
      fc.property(
        hostile,
        hostile,
        hostile,
        fc.array(hostile, { maxLength: 4 }),
        (family, quantization, baseModel, capabilities) => {
          const spec = anEntry({ family, quantization, baseModel, capabilities });
          const read = parseExactly(renderCard(spec, variants[release]));
          expect(cardComplaints(release, read)).toEqual([]);
          expect(read).toMatchObject({
            family,
            quantization,
            base_model: baseModel,
            capabilities,
            trust_remote_code: false,
          });
          expect(read.storage_size).toEqual({ in_bytes: 63_235_000_000n });
        },
      ),
      { numRuns: 60 },
    );
  });
});

test("gpt-oss is sampled and parsed as its makers say", () => {
  const card = parseExactly(renderCard(anEntry(), variants["after 1.0.71"]));
  expect(card).toMatchObject({
    backends: ["MlxMetal", "MlxCpu"],
    reasoning_dialect: "channel",
    sampling_defaults: { temperature: 1, top_p: 1, top_k: 0n },
    n_layers: 36n,
  });
});

test("floats are written as floats and whole numbers as whole numbers", () => {
  const text = renderCard(anEntry(), variants["1.0.71"]);
  expect(text).toContain("temperature = 1.0\n");
  expect(text).toContain("top_k = 0\n");
  expect(text).toContain("in_bytes = 63235000000\n");
});

test("other families keep exo's own sampling and reasoning", () => {
  const card = parse(renderCard(anEntry({ family: "qwen" }), variants["after 1.0.71"]));
  expect(card).not.toHaveProperty("reasoning_dialect");
  expect(card).not.toHaveProperty("sampling_defaults");
});

test("a field that a newer exo requires and nobody here knows is named", () => {
  const newer = { ...variants["after 1.0.71"], requiredCardFields: ["model_id", "licence"] };
  expect(() => renderCard(anEntry(), newer)).toThrow(UnknownCardFieldError);
  expect(() => renderCard(anEntry(), newer)).toThrow(/licence/);
});
