import { describe, expect, test } from "vitest";
import { editModelsPy } from "../../../src/register/classic/edit-models-py.js";
import { readEntries } from "../../../src/register/classic/read-entries.js";
import { modelsPyText } from "../../support/classic-house.js";
import { generatedEntry, modelsPyCase } from "../../support/models-py-files.js";

describe("entries of models.py", () => {
  test("what was written is read back, in files of any hand", () => {
    let edited = 0;
    for (let seed = 1; seed <= 300; seed += 1) {
      const edit = editModelsPy(modelsPyCase(seed).text, generatedEntry, "replace");
      if (edit.kind !== "edited") continue;
      edited += 1;
      expect(readEntries(edit.text, [generatedEntry.id])).toEqual({ kind: "entries", entries: [generatedEntry] });
    }
    expect(edited).toBeGreaterThan(100);
  });

  test("models that are not there, or that only running would tell, are left out", () => {
    const text = modelsPyText.replace('"layers": 16', '"layers": 8 + 8');
    expect(readEntries(text, ["llama-3.2-1b", "nothing"])).toEqual({ kind: "entries", entries: [] });
    expect(readEntries(modelsPyText, ["llama-3.2-1b"])).toEqual({
      kind: "entries",
      entries: [{ id: "llama-3.2-1b", layers: 16, engine: "mlx", repo: "owner/llama", label: "Llama 3.2 1B" }],
    });
  });

  test("a model for two engines is not one of exoctl's shape", () => {
    const text = modelsPyText.replace('"owner/llama", }', '"owner/llama", "DummyInferenceEngine": "dummy", }');
    expect(readEntries(text, ["llama-3.2-1b"])).toEqual({ kind: "entries", entries: [] });
  });

  test("what is no Python is refused", () => {
    expect(readEntries("model_cards = {", [])).toMatchObject({ kind: "refused", reasons: [{ code: "syntax" }] });
  });
});
