import { describe, expect, test } from "vitest";
import { localModelId } from "../../src/cluster/local-model-id.js";
import { modelId } from "../../src/cluster/names.js";
import { entryOfWeights } from "../../src/models/added-entry.js";
import { findModel } from "../../src/models/catalogue.js";
import { catalogueDifferences } from "../../src/models/catalogue-differences.js";
import type { EntryFacts } from "../../src/models/inspected-model.js";
import { knownModels, weightsOfSource } from "../../src/models/known-models.js";
import { checkEntry } from "../../src/register/entry-schema.js";

const facts: EntryFacts = {
  layers: 36,
  hiddenSize: 2880,
  kvHeads: 8,
  contextTokens: 131_072,
  storageBytes: 65_000_000_000,
  supportsTensor: true,
  family: "gpt-oss",
  quantization: "affine-4",
};
const id = modelId("local/gpt-oss-120b-4bit");
const spec = findModel("gpt-oss-120b", "affine-4");
if (spec === undefined) throw new Error("not in the catalogue");
const added = { name: id, entry: entryOfWeights(id, facts), spec: { ...spec, name: id } };
const quantization = "MXFP4-Q8" as const;

describe("names", () => {
  test("mean models of the catalogue without anything added", () => {
    const known = knownModels();
    expect(known.find({ name: "gpt-oss-120b", quantization })).toMatchObject({
      spec: { name: "gpt-oss-120b", layers: 36 },
      entry: { modelId: "exoctl/gpt-oss-120b-MXFP4-Q8", weightsOf: "mlx-community/gpt-oss-120b-MXFP4-Q8" },
      weights: "published",
    });
    expect(known.find({ name: "gpt-oss-120b-4bit", quantization })).toBeUndefined();
  });

  test.each(["gpt-oss-120b-4bit", id])("%s means the model that was added", (name) => {
    const known = knownModels([added]);
    expect(known.find({ name, quantization })).toEqual({
      spec: { ...added.spec, name },
      entry: added.entry,
      weights: "local",
    });
    expect(known.names).toEqual(["gpt-oss-120b", "gpt-oss-20b", "gpt-oss-120b-4bit"]);
    for (const each of known.names) expect(known.find({ name: each, quantization })).toBeDefined();
  });

  test("of the catalogue win over short ones of added models", () => {
    const other = { ...added, name: "local/gpt-oss-120b" };
    const known = knownModels([other]);
    expect(known.find({ name: "gpt-oss-120b", quantization })?.weights).toBe("published");
    expect(known.names).toContain("local/gpt-oss-120b");
  });

  test("instances are found by every id that an added model runs under", () => {
    const known = knownModels([added]);
    expect(known.findById(id)).toEqual(added.spec);
    expect(known.findById(`${id}-copy2`)).toEqual(added.spec);
    expect(known.findById("somebody/else")).toBeUndefined();
  });
});

describe("source: /folder", () => {
  const choice = { name: "gpt-oss-120b", quantization, source: { kind: "folder" as const, path: "/Volumes/m/mine/" } };

  test("names the weights of a catalogue model by the folder's name", () => {
    expect(weightsOfSource(choice)).toBe("local/mine");
    expect(weightsOfSource({ source: { kind: "folder", path: "~/models/me--x" } })).toBe("me/x");
    expect(weightsOfSource({ source: { kind: "exo" } })).toBeUndefined();
    expect(knownModels().find(choice)).toMatchObject({
      entry: { modelId: "exoctl/gpt-oss-120b-MXFP4-Q8", weightsOf: "local/mine", storageBytes: 63_254_703_744 },
      weights: "local",
    });
  });

  test("once inspected, the true numbers win", () => {
    const inspected = new Map([[modelId("local/mine"), { facts, spec }]]);
    const found = knownModels([], inspected).find(choice);
    expect(found?.entry).toMatchObject({
      weightsOf: "local/mine",
      storageBytes: 65_000_000_000,
      quantization: "affine-4",
    });
    expect(found?.spec).toMatchObject({ name: "gpt-oss-120b", weightBytesPerLayer: spec.weightBytesPerLayer });
    expect(found?.spec.exoCardBytes).toBe(70_652_212_224);
  });
});

test("what differs from the catalogue is named", () => {
  expect(catalogueDifferences("gpt-oss-120b", quantization, facts, "affine-4")).toEqual([
    "affine-4 instead of MXFP4-Q8",
    "65.0 GB instead of 63.3 GB",
  ]);
  expect(catalogueDifferences("gpt-oss-20b", quantization, facts, quantization)).toContain(
    "36 layers instead of 24 layers",
  );
  expect(catalogueDifferences("llama", quantization, facts, undefined)).toEqual([]);
  const same = { ...facts, storageBytes: 63_254_703_744, quantization };
  expect(catalogueDifferences("gpt-oss-120b", quantization, same, quantization)).toEqual([]);
  expect(
    catalogueDifferences("gpt-oss-120b", quantization, { ...same, storageBytes: same.storageBytes + 1 }, quantization),
  ).toEqual(["63254703745 bytes instead of 63254703744 bytes"]);
});

test("entries of inspected weights pass the agent's own check, whatever the folder's name", () => {
  for (const name of ["gpt-oss-120b-4bit", "me--gpt-oss-x", `${"long".repeat(40)}`]) {
    const weights = localModelId(name);
    if (weights === undefined) throw new Error(name);
    expect(checkEntry(entryOfWeights(weights, facts))).toMatchObject({ kind: "entry" });
  }
  // Published ids get one of ours: exo would look the other up.
  expect(entryOfWeights(modelId("me/gpt-oss-x"), facts).modelId).toBe("exoctl/me--gpt-oss-x");
  for (const name of [".cache", "a b", "..", "a--", ""]) expect(localModelId(name)).toBeUndefined();
});
