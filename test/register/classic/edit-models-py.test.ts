import { describe, expect, test } from "vitest";
import { editModelsPy } from "../../../src/register/classic/edit-models-py.js";

const entry = {
  id: "oss-120b",
  layers: 36,
  engine: "mlx",
  repo: "mlx-community/gpt-oss-120b-MXFP4-Q8",
  label: "GPT-OSS 120B",
} as const;

const card = '{ "layers": 36, "repo": { "MLXDynamicShardInferenceEngine": "mlx-community/gpt-oss-120b-MXFP4-Q8", }, }';
const names = 'pretty_name = {\n  "a": "A",\n}\n';

function edited(text: string, whenDifferent: "report" | "replace" = "report"): string {
  const edit = editModelsPy(text, entry, whenDifferent);
  if (edit.kind !== "edited") throw new Error(JSON.stringify(edit));
  return edit.text;
}

const linesAdded = (text: string): readonly string[] => {
  const before = text.split("\n");
  return edited(text)
    .split("\n")
    .filter((line) => !before.includes(line));
};

describe("an entry is written in the file's own hand", () => {
  test("on one line, where the neighbours are", () => {
    const text = `model_cards = {\n  "a": { "layers": 1, "repo": { "X": "o/n", }, },\n}\n${names}`;
    expect(linesAdded(text)).toEqual([`  "oss-120b": ${card},`, '  "oss-120b": "GPT-OSS 120B",']);
  });

  test("item by item, with tabs, single quotes and no comma at the end", () => {
    const text =
      "model_cards = {\n\t'a': {\n\t\t'layers': 1,\n\t\t'repo': {'X': 'o/n'}\n\t}\n}\npretty_name = {'a': 'A'}\n";
    expect(edited(text)).toBe(
      "model_cards = {\n\t'a': {\n\t\t'layers': 1,\n\t\t'repo': {'X': 'o/n'}\n\t},\n" +
        "\t'oss-120b': {\n\t\t'layers': 36,\n" +
        "\t\t'repo': {'MLXDynamicShardInferenceEngine': 'mlx-community/gpt-oss-120b-MXFP4-Q8'}\n\t}\n}\n" +
        "pretty_name = {'a': 'A', 'oss-120b': 'GPT-OSS 120B'}\n",
    );
  });

  test("behind a comment at the end of the last line, and before one on a line of its own", () => {
    const text = `model_cards = {\n  "a": 1 # last, }\n  # end\n}\n${names}`;
    expect(edited(text)).toContain('"a": 1, # last, }\n  "oss-120b": {');
    expect(edited(text)).toContain("}\n  # end\n}\n");
  });

  test("with CRLF where the file has it, behind a backslash too", () => {
    const text = `model_cards = {\n  "a": 1 \\\n , \n}\n${names}`.replaceAll("\n", "\r\n");
    const after = edited(text);
    expect(after.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });

  test("into empty dicts", () => {
    const after = edited("model_cards = {}\npretty_name = { # none\n}\n");
    expect(after).toContain('model_cards = {"oss-120b": {"layers": 36, "repo": {"MLXDynamic');
    expect(after).toContain('pretty_name = { # none\n  "oss-120b": "GPT-OSS 120B",\n}\n');
  });
});

describe("an entry that is there", () => {
  const same = `model_cards = {'oss' "-120b": dict_like} # x\n${names}`;
  const other = `model_cards = {\n  "oss-120b": {"layers": 35, "repo": {}}, # mine\n}\n${names}`;

  test("and says the same in other words is left alone", () => {
    const text = edited(`model_cards = {}\n${names}`)
      .replace('"layers": 36', "'layers':0x24")
      .replace('"oss-120b": {', '"\\x6fss" "-120b" : {');
    expect(text).toContain("0x24");
    expect(editModelsPy(text, entry)).toEqual({ kind: "unchanged" });
  });

  test("and differs is shown as a diff", () => {
    const edit = editModelsPy(other, entry);
    if (edit.kind !== "differs") throw new Error(edit.kind);
    expect(edit.diff).toContain('-  "oss-120b": {"layers": 35, "repo": {}}, # mine');
    expect(edit.diff.filter((line) => line.startsWith("+"))).toHaveLength(2);
    expect(editModelsPy(same, entry).kind).toBe("differs");
  });

  test("and differs is replaced when that is asked for, in its place", () => {
    expect(edited(other, "replace")).toContain("}}, # mine\n}\n");
    expect(editModelsPy(edited(other, "replace"), entry)).toEqual({ kind: "unchanged" });
  });
});

test("keys that others have twice are none of our business", () => {
  expect(editModelsPy(`model_cards = {}\npretty_name = {"a": "A", "a": "B"}\n`, entry).kind).toBe("edited");
});

test("a spread that can't hold the key is no obstacle", () => {
  expect(editModelsPy(`model_cards = {**{"a": 1}}\n${names}`, entry).kind).toBe("edited");
});

describe("refused, with nothing touched", () => {
  const cards = 'model_cards = {"a": 1}\n';
  test.each([
    ["syntax", `${cards}${names}def f(:\n`],
    ["syntax", `model_cards = {"a": 1\n${names}`],
    ["syntax", `${cards}${names}x = 'open\n`],
    ["syntax", `${cards}${names}print 'two'\n`],
    ["syntax", `${cards}${names}\0`],
    ["dict_missing", names],
    ["dict_missing", cards],
    ["dict_missing", ""],
    ["built_by_code", `model_cards = dict(a=1)\n${names}`],
    ["built_by_code", `model_cards = {k: 1 for k in names}\n${names}`],
    ["built_by_code", `model_cards = {} | other\n${names}`],
    ["built_by_code", `model_cards = x = {}\n${names}`],
    ["built_by_code", `if True:\n  model_cards = {}\n${names}`],
    ["built_by_code", `from cards import model_cards\n${names}`],
    ["built_by_code", `${cards}${names}model_cards.update(b=2)\n`],
    ["built_by_code", `${cards}${names}model_cards["b"] = 2\n`],
    ["built_by_code", `${cards}${names}model_cards["a"]["layers"] = 2\n`],
    ["built_by_code", `${cards}${names}model_cards["a"]["repo"].update(b=2)\n`],
    ["built_by_code", `${cards}${names}model_cards.get("a")["layers"] += 2\n`],
    ["built_by_code", `${cards}${names}model_cards |= {"b": 2}\n`],
    ["built_by_code", `${cards}${names}del model_cards["a"]\n`],
    ["built_by_code", `${cards}${names}(model_cards["a"], x) = 1, 2\n`],
    ["built_by_code", `${cards}${names}def f():\n  model_cards.pop("a")\n`],
    ["built_by_code", `${cards}${names}alias = model_cards\n`],
    ["built_by_code", `${cards}${names}patch(model_cards)\n`],
    ["built_by_code", `${cards}${names}for model_cards in x: pass\n`],
    ["built_by_code", `${cards}${names}if (model_cards := x): pass\n`],
    ["built_by_code", `${cards}${names}model_cards = {}\n`],
    ["built_by_code", `${cards}${names}from more_cards import *\n`],
    ["built_by_code", `${cards}pretty_name = {}\npretty_name.setdefault("a", "b")\n`],
    ["duplicate_key", `model_cards = {"oss-120b": 1, 'oss-120b': 2}\n${names}`],
    ["spread", `model_cards = {**more, "a": 1}\n${names}`],
    ["spread", `model_cards = {"a": 1, **{"oss-120b": 2}}\n${names}`],
    ["key_unclear", `model_cards = {name: 1}\n${names}`],
    ["key_unclear", `model_cards = {f"{x}": 1}\n${names}`],
    ["not_utf8", `# -*- coding: latin-1 -*-\n${cards}${names}`],
    ["too_large", `${cards}${names}# ${"x".repeat(5_000_000)}`],
  ])("%s: %j", (code, text) => {
    const edit = editModelsPy(text, entry, "replace");
    if (edit.kind !== "refused") throw new Error(edit.kind);
    const [reason] = edit.reasons;
    expect(reason?.code).toBe(code);
    expect(reason?.message).not.toBe("");
    expect(reason?.fix).not.toBe("");
  });
});

test("a file of twenty times the usual size is no problem", () => {
  const line = '  "m": { "layers": 1, "repo": { "X": "owner/name", }, }, # note\n';
  expect(editModelsPy(`model_cards = {\n${line.repeat(5_000)}}\n${names}`, entry).kind).toBe("edited");
});

test("brackets nested deeper than Python takes are a syntax error, not our end", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const edit = editModelsPy(`model_cards = {"a": ${deep}}\n${names}`, entry);
  expect(edit).toMatchObject({ kind: "refused", reasons: [{ code: "syntax" }] });
});
