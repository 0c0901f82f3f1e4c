import { expect, test } from "vitest";
import { digestOf, madeEdits, type RegistryEdit, revertEdits } from "../../../src/register/classic/edit-history.js";
import { editModelsPy } from "../../../src/register/classic/edit-models-py.js";

const original = "model_cards = {}\npretty_name = {}\n";
const anEntry = (id: string, layers = 36) => ({ id, layers, engine: "mlx", repo: "owner/name", label: id }) as const;

/** The text and history after these entries, one after the other. */
function after(...entries: readonly ReturnType<typeof anEntry>[]) {
  let text = original;
  const history: RegistryEdit[] = [];
  for (const entry of entries) {
    const edit = editModelsPy(text, entry, "replace");
    if (edit.kind !== "edited") throw new Error(edit.kind);
    history.push({
      id: entry.id,
      before: digestOf(text),
      after: digestOf(edit.text),
      edits: edit.edits,
      backup: "copy",
    });
    text = edit.text;
  }
  return { text, history };
}

test("everything that was done about a model is taken back", () => {
  const { text, history } = after(anEntry("b"), anEntry("a"), anEntry("a", 12));
  const first = after(anEntry("b"));
  expect(revertEdits(text, history, "a")).toMatchObject({ kind: "reverted", text: first.text, history: first.history });
  expect(revertEdits(first.text, first.history, "b")).toMatchObject({ kind: "reverted", text: original, history: [] });
});

test.each([
  ["not_ours", "c", ""],
  ["later_edit", "b", ""],
  ["changed_since", "a", "# mine\n"],
  ["changed_since", "b", "# mine\n"],
])("refused: %s", (code, id, more) => {
  const { text, history } = after(anEntry("b"), anEntry("a"));
  expect(revertEdits(text + more, history, id)).toMatchObject({ kind: "refused", reasons: [{ code }] });
});

test("edits that were written down and never made are not counted", () => {
  const { text, history } = after(anEntry("b"), anEntry("a"));
  const first = after(anEntry("b"));
  expect(madeEdits(history, digestOf(text))).toEqual(history);
  expect(madeEdits(history, digestOf(first.text))).toEqual(first.history);
  expect(madeEdits(history, digestOf(original))).toEqual([]);
  expect(madeEdits(history, digestOf("something else"))).toEqual(history);
  expect(revertEdits(original, history, "a")).toMatchObject({ kind: "refused", reasons: [{ code: "not_ours" }] });
});
