import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { embeddedCard } from "../../src/adapters/exo-modern/embedded-card.js";
import { entryOfCopy } from "../../src/cluster/copy-entry.js";
import type { EntrySpec } from "../../src/cluster/registry-report.js";
import { catalogueNames, entryFor } from "../../src/models/catalogue.js";
import { quantizations } from "../../src/models/quantized-bytes.js";
import { checkEntry } from "../../src/register/entry-schema.js";
import { renderCard } from "../../src/register/render-card.js";
import { cardComplaints, cardFieldNames, releases } from "../support/exo-card-schemas.js";
import { anEntry, variants } from "../support/registry-entries.js";

/** Every entry that exoctl writes by itself: each model and quantization, alone and as a further copy. */
const ownEntries: readonly EntrySpec[] = catalogueNames
  .flatMap((name) => quantizations.map((quantization) => entryFor(name, quantization, "own")))
  .flatMap((entry) => [entry, entryOfCopy(entry, 7)]);

const readCard = (text: string): Record<string, unknown> => parse(text, { integersAsBigInt: true });

/** JSON has one kind of number; exo reads those without a fraction as whole ones. */
const withWholeNumbers = (value: unknown): unknown => {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(withWholeNumbers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withWholeNumbers(item)]));
};

const plainText = (maxLength: number) =>
  fc.string({ unit: "grapheme", maxLength }).filter((value) => !/[\p{Cc}\p{Cs}]/u.test(value) && value.length <= 64);
const count = (max: number) => fc.integer({ min: 1, max });

/** Any entry that the agent takes. */
const anyEntry: fc.Arbitrary<EntrySpec> = fc
  .record({
    layers: count(10_000),
    hiddenSize: count(1_000_000),
    kvHeads: count(100_000),
    contextTokens: count(1_000_000_000),
    storageBytes: count(Number.MAX_SAFE_INTEGER),
    supportsTensor: fc.boolean(),
    family: fc.oneof(fc.constant("gpt-oss"), plainText(64)),
    quantization: plainText(64),
    baseModel: plainText(64),
    capabilities: fc.array(plainText(64), { maxLength: 8 }),
  })
  .map((facts) => anEntry(facts));

describe.each(releases)("the card schema of exo %s", (release) => {
  const variant = variants[release];

  test("has exactly the fields that our variant of it has", () => {
    expect(cardFieldNames(release)).toEqual(variant.cardFields.toSorted());
    expect(cardFieldNames(release, "required")).toEqual(variant.requiredCardFields.toSorted());
  });

  test.each(ownEntries.map((entry) => [entry.modelId, entry] as const))("takes our card of %s", (_id, entry) => {
    expect(cardComplaints(release, readCard(renderCard(entry, variant)))).toEqual([]);
  });

  test("takes the card of any entry that an agent takes, from a file and inside of an instance", () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        expect(checkEntry(entry).kind).toBe("entry");
        expect(cardComplaints(release, readCard(renderCard(entry, variant)))).toEqual([]);
        expect(cardComplaints(release, withWholeNumbers(embeddedCard(entry, variant)))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  const card = readCard(renderCard(anEntry(), variant));

  test.each(variant.requiredCardFields)("refuses a card without %s", (name) => {
    const { [name]: _gone, ...rest } = card;
    expect(cardComplaints(release, rest)).toEqual([`${name}: missing`]);
  });

  test.each(Object.keys(card))("refuses a card whose %s is of another type", (name) => {
    for (const wrong of [1.5, new Date(0), { nothing: 1n }])
      expect(cardComplaints(release, { ...card, [name]: wrong })).toEqual([`${name}: of another type`]);
  });

  test("refuses any field that is not its own, and one that is given twice", () => {
    const known = cardFieldNames(release);
    const newer = releases.flatMap((other) => cardFieldNames(other)).filter((name) => !known.includes(name));
    for (const name of [...newer, "size", "modelID", "n_layer"])
      expect(cardComplaints(release, { ...card, [name]: "x" })).toEqual([`${name}: unknown`]);
    expect(cardComplaints(release, { ...card, nLayers: 36n })).toEqual(["n_layers: given twice"]);
  });

  test("knows whole numbers from floats, and both cases of a name", () => {
    expect(cardComplaints(release, { ...card, n_layers: 36 })).toEqual(["n_layers: of another type"]);
    expect(cardComplaints(release, { ...card, n_layers: 0n })).toEqual(["n_layers: of another type"]);
    const { n_layers: _gone, ...rest } = card;
    expect(cardComplaints(release, { ...rest, nLayers: 36n })).toEqual([]);
  });
});

/** Python's own reader, which is what exo's resembles most. */
const readByPython = `
import json, sys, tomllib
print(json.dumps([tomllib.loads(text) for text in json.load(sys.stdin)]))
`;

test("Python reads the same cards as we do", () => {
  const texts = releases.flatMap((release) => [
    ...ownEntries.map((entry) => renderCard(entry, variants[release])),
    ...fc.sample(anyEntry, { numRuns: 40, seed: 4 }).map((entry) => renderCard(entry, variants[release])),
  ]);
  const python = spawnSync("python3", ["-c", readByPython], { input: JSON.stringify(texts), encoding: "utf8" });
  expect(python.stderr).toBe("");
  expect(JSON.parse(python.stdout)).toEqual(texts.map((text) => parse(text)));
});
