import { describe, expect, test } from "vitest";
import { nodeName } from "../../../src/cluster/names.js";
import type { RegistryReport } from "../../../src/cluster/registry-report.js";
import { listModels, type ModelListInput } from "../../../src/controller/model-list/list-models.js";
import { servedNames } from "../../../src/controller/model-list/served-names.js";
import { anEntry } from "../../support/controller-house.js";
import { now } from "../../support/inventory-builders.js";
import {
  aCard,
  aLinkedFolder,
  aListing,
  aRegistry,
  aRegistryView,
  keptEntry,
  theWeights,
} from "../../support/kept-registry.js";

const list = (
  registries: Readonly<Record<string, RegistryReport>>,
  change: Partial<ModelListInput> = {},
  listings: Parameters<typeof aRegistryView>[2] = {},
) =>
  listModels({
    simulated: false,
    view: aRegistryView(registries, now, listings),
    members: Object.keys(registries).map(nodeName),
    kept: [{ entry: keptEntry, nodes: "every" }],
    drift: [],
    servedAs: new Map([[keptEntry.modelId, ["gpt-oss-120b", "think"]]]),
    cards: "local",
    ...change,
  });

/** One model on node `one`. */
const rowOf = (
  id: string,
  registry: Partial<RegistryReport>,
  change: Partial<ModelListInput> = {},
  listing = aListing(),
) => {
  const model = list({ one: aRegistry(registry) }, change, { one: listing }).models.find(
    ({ modelId }) => modelId === id,
  );
  return model?.nodes[0];
};
const codesOf = (...args: Parameters<typeof rowOf>) => rowOf(...args)?.findings.map(({ code }) => code);

test("what is kept comes first, with its names, then the others by id, each on every node", () => {
  const other = { modelId: "a/other", complete: true, bytes: 5 };
  const { models, gaps } = list({
    two: aRegistry(),
    one: aRegistry({ models: [other, aLinkedFolder(), theWeights()] }),
  });
  expect(models.map(({ modelId, servedAs, nodes }) => [modelId, servedAs, nodes.map(({ node }) => node)])).toEqual([
    [keptEntry.modelId, ["gpt-oss-120b", "think"], ["one", "two"]],
    ["a/other", [], ["one", "two"]],
    [keptEntry.weightsOf, [], ["one", "two"]],
  ]);
  expect(models[0]?.nodes[0]).toEqual({
    node: "one",
    card: "ours",
    exo: "listed",
    listedBytes: keptEntry.storageBytes,
    files: {
      state: "complete",
      present: 2,
      named: 2,
      bytes: 2_000_000_000,
      from: "link",
      linkTo: keptEntry.weightsOf,
    },
    findings: [],
  });
  expect(gaps).toEqual([]);
});

describe("a card is", () => {
  const cardOf = (registry: Partial<RegistryReport>, change: Partial<ModelListInput> = {}) =>
    rowOf(keptEntry.modelId, registry, change)?.card;

  test("ours, ours but changed, or somebody's", () => {
    const changed = [aCard({ digest: "0".repeat(64) })];
    expect(cardOf({})).toBe("ours");
    expect(cardOf({ cards: changed })).toBe("changed");
    expect(cardOf({ cards: changed }, { kept: [] })).toBe("ours");
    expect(cardOf({ cards: [aCard({ ours: false })] })).toBe("other");
  });

  test("none where ours was deleted, although exo goes on listing it", () => {
    expect(rowOf(keptEntry.modelId, { cards: [] })).toMatchObject({ card: "none", exo: "listed" });
  });

  test("exo's own where it lists the model without a card file, and none where it does not", () => {
    expect(rowOf(keptEntry.weightsOf, {})?.card).toBe("built-in");
    expect(rowOf(keptEntry.weightsOf, {}, {}, [])).toMatchObject({ card: "none", exo: "not-listed" });
  });

  test("exo's own, and what is not true about it", () => {
    const shipped = { id: keptEntry.weightsOf, storageBytes: 70_652_002_304 };
    expect(rowOf(keptEntry.weightsOf, { models: [theWeights()] }, {}, [shipped])?.findings).toMatchObject([
      { code: "built-in-differs", message: expect.stringContaining("11.7 % too much") },
    ]);
    const right = { ...shipped, storageBytes: 63_254_703_744 };
    expect(rowOf(keptEntry.weightsOf, { models: [theWeights()] }, {}, [right])?.findings).toEqual([]);
  });

  test("not known where the agent does not answer", () => {
    const view = aRegistryView({}, now, {}, ["one"]);
    const { models, gaps } = list({}, { view, members: [nodeName("one")] });
    expect(models[0]?.nodes[0]).toMatchObject({ card: "unknown", exo: "listed", files: { state: "unknown" } });
    expect(gaps).toEqual(["the agent on one does not answer: its cards and files are not known"]);
  });
});

describe("files are", () => {
  test("partial with how many, put there by exoctl or somebody, or none", () => {
    const half = {
      modelId: "a/half",
      complete: false,
      bytes: 7,
      weightFiles: { present: 1, named: 4 },
      placedBy: "sync",
    } as const;
    expect(rowOf("a/half", { models: [half] })?.files).toEqual({
      state: "partial",
      present: 1,
      named: 4,
      bytes: 7,
      from: "sync",
      linkTo: null,
    });
    expect(rowOf("a/b", { models: [{ modelId: "a/b", complete: true, bytes: 7 }] })?.files.from).toBe("other");
    const empty = { modelId: "a/b", complete: false, bytes: 0 };
    expect(rowOf("a/b", { models: [empty] })?.files).toMatchObject({ state: "none", from: null });
  });

  test("not known when the report was cut, which is said", () => {
    const leftOut = { cards: 0, models: 12 };
    const { models, gaps } = list({ one: aRegistry({ models: [], leftOut }) });
    expect(models[0]?.nodes[0]?.files.state).toBe("unknown");
    expect(gaps).toEqual(["one has 0 more cards and 12 more models than fit into a report"]);
  });
});

describe("findings", () => {
  test("of files that exo does not know, and of partial ones", () => {
    const folder = { modelId: "local/mine", bytes: 9, weightFiles: { present: 2, named: 2 } };
    expect(codesOf("local/mine", { models: [{ ...folder, complete: true }] })).toEqual(["no-card"]);
    const partial = { ...folder, complete: false, weightFiles: { present: 1, named: 2 } };
    expect(codesOf("local/mine", { models: [partial] })).toEqual(["files-partial"]);
  });

  test("of cards without files, and of cards that exo does not read", () => {
    const card = aCard({ modelId: "me/mine", ours: false });
    expect(codesOf("me/mine", { cards: [card] })).toEqual(["card-not-read", "no-files"]);
    const listing = [...aListing(), { id: "me/mine" }];
    expect(codesOf("me/mine", { cards: [card] }, {}, listing)).toEqual(["no-files"]);
  });

  test("of cards that nothing needs any more, but not of a further copy's", () => {
    const cards = (id: string) => ({ cards: [aCard(), aCard({ modelId: id })], models: [] });
    const listing = [...aListing(), { id: "exoctl/old" }, { id: `${keptEntry.modelId}-copy2` }];
    expect(codesOf("exoctl/old", cards("exoctl/old"), {}, listing)).toEqual(["not-kept", "no-files"]);
    const copy = `${keptEntry.modelId}-copy2`;
    expect(codesOf(copy, cards(copy), {}, listing)).toEqual(["no-files"]);
  });

  test("of links that lead nowhere", () => {
    expect(codesOf("a/b", { models: [{ modelId: "a/b", complete: false, link: "foreign" }] })).toEqual([
      "link-nowhere",
    ]);
  });

  test("of an entry over weights that are not here, at the entry and at the weights", () => {
    const models = [theWeights({ complete: false, bytes: 0 })];
    expect(codesOf(keptEntry.weightsOf, { models })).toEqual(["built-in-differs", "no-files"]);
    expect(codesOf(keptEntry.modelId, { models })).toEqual(["no-files"]);
  });

  test("of drift take the place of others", () => {
    const finding = { code: "link-missing", message: "gone" };
    const drift = [{ node: nodeName("one"), modelId: keptEntry.modelId, wrong: [finding], mended: [] }];
    expect(rowOf(keptEntry.modelId, { models: [theWeights()] }, { drift })?.findings).toEqual([finding]);
  });
});

test("cards that exo ships are listed when asked for", () => {
  const listing = [...aListing(), { id: "mlx-community/other" }];
  const idsOf = (cards: "local" | "all") =>
    list({ one: aRegistry() }, { cards }, { one: listing }).models.map(({ modelId }) => modelId);
  expect(idsOf("local")).not.toContain("mlx-community/other");
  expect(idsOf("all")).toContain("mlx-community/other");
});

test("client names belong to the ids of all copies, or to exo's own id", () => {
  const run = { entry: anEntry(), proven: new Set<string>(), failures: 0, retryAt: 0 };
  const aliases = { think: "gpt-oss-120b", other: "gpt-oss-20b" };
  expect([...servedNames([run], aliases)]).toEqual([[keptEntry.modelId, ["gpt-oss-120b", "think"]]]);
  const builtin = { ...run, entry: { ...run.entry, entry: "builtin" as const } };
  expect([...servedNames([builtin], {}).keys()]).toEqual([keptEntry.weightsOf]);
});
