import { describe, expect, test } from "vitest";
import type { ExoVariant } from "../../../src/cluster/exo-variant.js";
import { modelId } from "../../../src/cluster/names.js";
import type { RegistryReport } from "../../../src/cluster/registry-report.js";
import { compareEntry } from "../../../src/controller/drift/compare-entry.js";
import { variant71 } from "../../support/exo-fixtures.js";
import { aCard, aLinkedFolder, aListing, aRegistry, keptEntry, theWeights } from "../../support/kept-registry.js";
import { variants } from "../../support/registry-entries.js";

const compare = (
  change: Partial<RegistryReport> = {},
  listed = aListing(),
  variant: ExoVariant | undefined = variant71,
) => compareEntry(keptEntry, { variant, registry: aRegistry(change), listed });

test("an entry as it should be", () => {
  expect(compare()).toEqual([]);
  expect(compareEntry(keptEntry, { variant: undefined, registry: aRegistry(), listed: undefined })).toEqual([]);
});

describe("a card that", () => {
  test("is gone, and then nothing is said about exo's list", () => {
    expect(compare({ cards: [] }, [])).toEqual([{ kind: "card-missing" }]);
  });

  test("was edited, or is of another exo", () => {
    expect(compare({ cards: [aCard({ digest: "0".repeat(64) })] })).toEqual([{ kind: "card-differs" }]);
    expect(compare({ cards: [aCard({}, variants["after 1.0.71"])] })).toEqual([{ kind: "card-differs" }]);
  });

  test("can't be judged without an exo that runs, or with one that asks for unknown fields", () => {
    const edited = { cards: [aCard({ digest: "0".repeat(64) })] };
    expect(compareEntry(keptEntry, { variant: undefined, registry: aRegistry(edited), listed: undefined })).toEqual([]);
    expect(compare(edited, aListing(), { ...variant71, requiredCardFields: ["new_in_2030"] })).toEqual([]);
  });

  test("is not ours, alone or beside ours", () => {
    const foreign = aCard({ ours: false, path: "/cards/mine.toml" });
    const found = [{ kind: "foreign-card", path: "/cards/mine.toml" }];
    expect(compare({ cards: [foreign] })).toEqual(found);
    expect(compare({ cards: [aCard(), foreign] })).toEqual(found);
  });
});

describe("a link that", () => {
  test("is gone", () => {
    expect(compare({ models: [theWeights()] })).toEqual([{ kind: "link-missing" }]);
  });

  test.each(["ours", "redirected"] as const)("leads elsewhere, and is %s", (link) => {
    const to = "someone/else";
    expect(compare({ models: [aLinkedFolder({ link, linkTo: to }), theWeights()] })).toEqual([
      { kind: "link-elsewhere", to },
    ]);
    const { linkTo: _none, ...nowhere } = aLinkedFolder({ link, complete: false });
    expect(compare({ models: [nowhere, theWeights()] })).toEqual([{ kind: "link-elsewhere" }]);
  });

  test("has something in its place that is not ours", () => {
    const { link: _link, linkTo: _to, ...folder } = aLinkedFolder();
    const blocked = compare({ models: [{ ...folder, complete: false }, theWeights()] });
    expect(blocked).toEqual([{ kind: "link-blocked", by: "folder" }]);
    expect(compare({ models: [folder, theWeights()] })).toEqual([]);
    const foreign = aLinkedFolder({ link: "foreign", linkTo: "someone/else" });
    expect(compare({ models: [foreign, theWeights()] })).toEqual([{ kind: "link-blocked", by: "link" }]);
  });

  test("leads where the weights' own link leads is right", () => {
    const source = theWeights({ link: "foreign", linkTo: "local/real" });
    expect(compare({ models: [aLinkedFolder({ linkTo: "local/real" }), source] })).toEqual([]);
    const { linkTo: _to, ...inside } = aLinkedFolder();
    expect(compare({ models: [inside, theWeights({ link: "foreign" })] })).toEqual([]);
  });

  test("is not expected of an entry over its own files, nor without weights", () => {
    const own = { ...keptEntry, weightsOf: keptEntry.modelId };
    const { link: _link, linkTo: _to, ...folder } = aLinkedFolder();
    const node = { variant: variant71, registry: aRegistry({ models: [folder] }), listed: aListing() };
    expect(compareEntry(own, node)).toEqual([]);
    expect(compare({ models: [theWeights({ complete: false })] })).toEqual([{ kind: "weights-missing" }]);
  });

  test("may be in the part of a report that was cut off", () => {
    const leftOut = { cards: 0, models: 3 };
    expect(compare({ models: [theWeights()], leftOut })).toEqual([]);
    expect(compare({ models: [], leftOut })).toEqual([]);
    expect(compare({ cards: [], leftOut })).toEqual([{ kind: "card-missing" }]);
  });
});

describe("exo's list", () => {
  test("without the entry", () => {
    expect(compare({}, [{ id: keptEntry.weightsOf }])).toEqual([{ kind: "not-listed" }]);
  });

  test("with another size than the card's, but for rounding to MiB", () => {
    const mebibyte = 1024 * 1024;
    expect(compare({}, aListing({ storageBytes: keptEntry.storageBytes + mebibyte }))).toEqual([]);
    const listedBytes = keptEntry.storageBytes - 2 * mebibyte;
    expect(compare({}, aListing({ storageBytes: listedBytes }))).toEqual([{ kind: "size-differs", listedBytes }]);
  });

  test("of the built-in id says nothing about ours", () => {
    const other = { ...keptEntry, modelId: modelId("local/other") };
    const registry = aRegistry({ cards: [aCard({ modelId: "local/other" })] });
    const found = compareEntry(other, { variant: undefined, registry, listed: aListing() });
    expect(found.map(({ kind }) => kind)).toEqual(["link-missing", "not-listed"]);
  });
});
