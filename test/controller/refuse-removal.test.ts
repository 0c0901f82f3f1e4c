import { expect, test } from "vitest";
import { modelId, nodeName } from "../../src/cluster/names.js";
import { mayBeForgotten } from "../../src/controller/entries/entries-on-node.js";
import { refuseRemoval } from "../../src/controller/entries/refuse-removal.js";
import { aConversion, anAddedModel } from "../support/added-models.js";
import { aClusterView, aModel, anEntry } from "../support/controller-house.js";
import { anInstance } from "../support/inventory-builders.js";

const names = ["studio-1", "studio-2"];
const { modelId: entryId, weightsOf } = anAddedModel().entry;
const target = { name: "gpt-oss-120b", entryId, weightsOf };
const idle = aClusterView(names);
const runs = (id: string, runsModel: string) =>
  aClusterView(names, { instances: [{ ...anInstance(id, names, [18, 36]), modelId: runsModel }] });
type Parts = Partial<Parameters<typeof refuseRemoval>[2]>;
const remove =
  (files: "keep" | "remove", parts: Parts = {}, named?: string) =>
  () =>
    refuseRemoval(
      target,
      { files, ...(named === undefined ? {} : { named }) },
      {
        desired: [],
        addedByRun: [],
        entryOf: (model) => aModel(model).entry,
        added: [],
        view: idle,
        ...parts,
      },
    );
const code = (expected: string) => expect.objectContaining({ code: expected });

test("what nobody needs may go, with its files", () => {
  expect(remove("keep")).not.toThrow();
  expect(remove("remove")).not.toThrow();
  expect(remove("remove", {}, weightsOf)).not.toThrow();
});

test("a desired model stays; the hint is another one where `run` has added it", () => {
  const desired = [anEntry()];
  expect(remove("keep", { desired })).toThrow(code("model_desired"));
  expect(remove("keep", { desired, addedByRun: ["gpt-oss-120b"] })).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("exoctl run") }),
  );
  const builtin = [{ ...anEntry(), entry: "builtin" as const }];
  expect(remove("keep", { desired: builtin })).not.toThrow();
  expect(remove("remove", { desired: builtin })).toThrow(code("model_desired"));
});

test("an instance of any copy, ours or not, keeps the entry; one on the same files keeps the files", () => {
  expect(remove("keep", { view: runs("exoctl-lab-gpt-oss-120b-g1-aaaaaa", `${entryId}-copy2`) })).toThrow(
    code("model_running"),
  );
  const foreign = runs("theirs", weightsOf);
  expect(remove("keep", { view: foreign })).not.toThrow();
  expect(remove("remove", { view: foreign })).toThrow(
    expect.objectContaining({ code: "model_running", hint: expect.stringContaining("end it in exo") }),
  );
});

test("files that another entry stands for, that are being downloaded, or that have another name, stay", () => {
  const other = aConversion({ entry: { ...aConversion().entry, weightsOf } });
  expect(remove("remove", { added: [anAddedModel(), other] })).toThrow(code("files_needed"));
  const download = { node: nodeName("studio-1"), modelId: weightsOf, state: "ongoing" as const };
  const view = { ...idle, deployment: { ...idle.deployment, downloads: [download] } };
  expect(remove("remove", { view })).toThrow(code("download_running"));
  expect(remove("remove", {}, "mlx-community/other")).toThrow(code("other_name"));
  expect(remove("keep", {}, weightsOf)).toThrow(code("named_without_files"));
});

test("exos are not asked to forget an id that somebody else has a card of, or could have", () => {
  const report = (ours: boolean) => ({ cards: [{ modelId: entryId, ours, digest: "d" }], models: [] });
  const view = (ours: boolean, ...told: string[]) => ({
    ...idle,
    registries: new Map(told.map((name) => [nodeName(name), report(ours)])),
  });
  expect(mayBeForgotten(entryId, view(true, ...names))).toBe(true);
  expect(mayBeForgotten(entryId, view(false, ...names))).toBe(false);
  expect(mayBeForgotten(entryId, view(true, "studio-1"))).toBe(true);
  expect(mayBeForgotten(modelId("local/mine"), view(true, "studio-1"))).toBe(false);
});
