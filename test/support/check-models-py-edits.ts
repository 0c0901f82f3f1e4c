import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { digestOf, revertEdits } from "../../src/register/classic/edit-history.js";
import { type Edited, editModelsPy } from "../../src/register/classic/edit-models-py.js";
import { generatedEntry, type ModelsPyCase, modelsPyCase } from "./models-py-files.js";

const script = fileURLToPath(new URL("check-models-py.py", import.meta.url));

export const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** Edits so many generated files, checks each edit here, and all of them by CPython; counts what they were. */
export function checkModelsPyEdits(runs: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const lines: string[] = [];
  for (let seed = 1; seed <= runs; seed += 1) {
    const found = modelsPyCase(seed);
    const after = checkEdit(found, seed);
    const label = `${found.about}, ${found.lineBreaks}`;
    counts.set(label, (counts.get(label) ?? 0) + 1);
    const { id, label: wanted, layers, repo } = generatedEntry;
    const card = { layers, repo: { MLXDynamicShardInferenceEngine: repo } };
    lines.push(JSON.stringify({ before: found.text, after, id, card, label: wanted }));
  }
  const python = spawnSync("python3", ["-W", "ignore", script], {
    input: lines.join("\n"),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const answers = python.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const bad = answers.flatMap((answer, index) => (answer === "ok" ? [] : [`seed ${index + 1}: ${answer}`]));
  expect(bad).toEqual([]);
  expect(answers.length).toBe(runs);
  return counts;
}

/** One file: edited as its case demands, nothing else touched, taken back byte for byte. */
function checkEdit({ text, about, lineBreaks }: ModelsPyCase, seed: number): string {
  const first = editModelsPy(text, generatedEntry);
  if (about === "the same") {
    expect(first, `seed ${seed}`).toEqual({ kind: "unchanged" });
    return text;
  }
  if (about === "something else") expect(first.kind, `seed ${seed}`).toBe("differs");
  const edit = about === "something else" ? editModelsPy(text, generatedEntry, "replace") : first;
  if (edit.kind !== "edited") throw new Error(`seed ${seed}: ${JSON.stringify(edit)}`);
  expect(editModelsPy(edit.text, generatedEntry).kind, `seed ${seed}`).toBe("unchanged");
  expect(withoutEdits(edit), `seed ${seed}`).toBe(text);
  if (about !== "something else") expect(edit.edits.every(({ removed }) => removed === "")).toBe(true);
  if (lineBreaks === "LF") expect(edit.text.includes("\r"), `seed ${seed}`).toBe(false);
  if (lineBreaks === "CRLF" && text.includes("\r\n"))
    expect(edit.text.replaceAll("\r\n", "").includes("\n"), `seed ${seed}`).toBe(false);
  checkRevert(text, edit, seed);
  return edit.text;
}

/** Takes each insertion out again at the place where it must be: everything else stands where it stood. */
function withoutEdits({ text, edits }: Edited): string {
  let rest = text;
  for (const { at, removed, inserted } of edits) {
    expect(rest.slice(at, at + inserted.length)).toBe(inserted);
    rest = rest.slice(0, at) + removed + rest.slice(at + inserted.length);
  }
  return rest;
}

function checkRevert(text: string, edit: Edited, seed: number): void {
  const { id } = generatedEntry;
  const record = { id, before: digestOf(text), after: digestOf(edit.text), edits: edit.edits, backup: "" };
  const reverted = revertEdits(edit.text, [record], id);
  if (reverted.kind !== "reverted") throw new Error(`seed ${seed}: ${JSON.stringify(reverted)}`);
  expect(Buffer.from(reverted.text).equals(Buffer.from(text)), `seed ${seed}`).toBe(true);
  expect(reverted.history).toEqual([]);
  expect(revertEdits(`${edit.text} `, [record], id)).toMatchObject({ kind: "refused" });
}
