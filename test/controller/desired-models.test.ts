import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addModel,
  applyFile,
  readDesiredModels,
  type WrittenModel,
  writtenModels,
} from "../../src/controller/desired-models.js";
import type { DesiredState } from "../../src/controller/state-store.js";
import { knownModels } from "../../src/models/known-models.js";

const known = knownModels();
const author = { by: "anna", at: 5, reason: "apply" };
const file = (...names: string[]): readonly WrittenModel[] => names.map((name) => ({ name }));
const namesOf = (desired: DesiredState): string[] => desired.models.map((model) => String(model.name));

describe("a cluster file", () => {
  test("without models means the default one, with models those as written", () => {
    for (const text of ["", "apiVersion: exoctl/v1", "models:"]) {
      expect(writtenModels(text)).toEqual([{ name: "gpt-oss-120b" }]);
    }
    expect(writtenModels("models: [{ name: gpt-oss-20b, entry: builtin }]")).toEqual([
      { name: "gpt-oss-20b", entry: "builtin" },
    ]);
  });

  test("applied for the first time makes generation 1", () => {
    expect(applyFile(undefined, file("gpt-oss-120b"), author)).toEqual({
      generation: 1,
      appliedAt: 5,
      appliedBy: "anna",
      reason: "apply",
      models: [{ name: "gpt-oss-120b" }],
      added: [],
    });
  });

  test("applied again changes nothing, not even the author", () => {
    const before = applyFile(undefined, file("gpt-oss-120b"), author);
    expect(applyFile(before, file("gpt-oss-120b"), { ...author, by: "ben", at: 9 })).toBe(before);
  });

  test("keeps what `run` added beside it", () => {
    const added = addModel(applyFile(undefined, file("gpt-oss-120b"), author), "gpt-oss-20b", known, author);
    expect([added.generation, namesOf(added)]).toEqual([2, ["gpt-oss-120b", "gpt-oss-20b"]]);
    expect(applyFile(added, file("gpt-oss-120b"), author)).toBe(added);
  });

  test("takes over an added model that it names, and drops it when it does not name it any more", () => {
    const added = addModel(applyFile(undefined, file("gpt-oss-120b"), author), "gpt-oss-20b", known, author);
    const named = applyFile(added, file("gpt-oss-120b", "gpt-oss-20b"), author);
    expect(named).toMatchObject({ generation: 3, added: [] });
    expect(namesOf(applyFile(named, file("gpt-oss-120b"), author))).toEqual(["gpt-oss-120b"]);
  });
});

describe("a model that `run` wants", () => {
  test("is added once", () => {
    const before = applyFile(undefined, file("gpt-oss-120b"), author);
    expect(addModel(before, "gpt-oss-120b", known, author)).toBe(before);
    const after = addModel(before, "gpt-oss-20b", known, author);
    expect(addModel(after, "gpt-oss-20b", known, author)).toBe(after);
  });

  test("works without any desired state", () => {
    expect(addModel(undefined, "gpt-oss-20b", known, author)).toMatchObject({ generation: 1, added: ["gpt-oss-20b"] });
  });

  test("that nobody knows is refused with the names that are known", () => {
    expect(() => addModel(undefined, "llama", known, author)).toThrowError(
      expect.objectContaining({ kind: "usage", code: "unknown_model", hint: expect.stringContaining("gpt-oss-120b") }),
    );
  });
});

describe("the stored desired state", () => {
  test("is read with defaults filled in", () => {
    expect(readDesiredModels({ models: file("gpt-oss-120b") })[0]).toMatchObject({
      name: "gpt-oss-120b",
      quantization: "MXFP4-Q8",
      serve: { context: 32_768, minNodes: 2 },
    });
  });

  test("that is damaged is named, with the place and the way out", () => {
    const models = [{ name: "gpt-oss-120b", serve: { context: "lots" } }];
    expect(() => readDesiredModels({ models })).toThrowError(
      expect.objectContaining({
        code: "bad_desired_state",
        message: expect.stringContaining("models[0].serve.context"),
        hint: expect.stringContaining("exoctl apply"),
      }),
    );
  });
});

test("property: each change is one generation more, nothing new is no change, and no model comes twice", () => {
  const names = ["gpt-oss-120b", "gpt-oss-20b"];
  const change = fc.oneof(
    fc.subarray(names, { minLength: 1 }).map((wanted) => ({ kind: "file" as const, wanted })),
    fc.constantFrom(...names).map((name) => ({ kind: "add" as const, name })),
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
      let state: DesiredState | undefined;
      for (const step of changes) {
        const apply = (to: DesiredState | undefined): DesiredState =>
          step.kind === "file" ? applyFile(to, file(...step.wanted), author) : addModel(to, step.name, known, author);
        const next = apply(state);
        if (next !== state) expect(next.generation).toBe((state?.generation ?? 0) + 1);
        expect(apply(next)).toBe(next);
        expect(new Set(namesOf(next)).size).toBe(next.models.length);
        for (const wanted of step.kind === "file" ? step.wanted : [step.name]) expect(namesOf(next)).toContain(wanted);
        state = next;
      }
    }),
  );
});
