import { basename } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cardFileName, isLeftoverOfWrite } from "../../src/register/card-path.js";
import { checkEntry, readModelId } from "../../src/register/entry-schema.js";
import { anEntry } from "../support/registry-entries.js";

const hostileIds = [
  "",
  "a",
  "/",
  "a/",
  "/b",
  "../x",
  "a/..",
  "a/../b",
  "../../etc/passwd",
  "a/b/c",
  "a//b",
  "./a",
  ".a/b",
  "a/.b",
  "a/b\n",
  "a/b\0",
  "a/b c",
  "a\\b/c",
  "~/x",
  "a/b..c",
  "a..b/c",
  "-a/b",
  "a/-b",
  "ä/b",
  "a/b%2f..",
  `a/${"b".repeat(300)}`,
  "C:/x",
];

test.each(hostileIds)("the id %j is refused", (id) => {
  expect(readModelId(id)).toBeUndefined();
  expect(checkEntry({ ...anEntry(), modelId: id })).toMatchObject({ kind: "problems" });
  expect(checkEntry({ ...anEntry(), weightsOf: id })).toMatchObject({ kind: "problems" });
});

test("an accepted id is a single file name, whatever the text", () => {
  const parts = fc.string({ unit: fc.constantFrom(..."aZ09._-/\\ \n\0~%"), maxLength: 20 });
  fc.assert(
    fc.property(parts, (text) => {
      const id = readModelId(text);
      if (id === undefined) return;
      expect(cardFileName(id)).toMatch(/^[A-Za-z0-9][\w.-]*\.exoctl\.toml$/);
      expect(basename(cardFileName(id))).toBe(cardFileName(id));
    }),
    { numRuns: 2_000 },
  );
});

test("our card never has the name that exo would delete", () => {
  const id = readModelId("exoctl/gpt-oss-120b-MXFP4-Q8");
  expect(id && cardFileName(id)).toBe("exoctl--gpt-oss-120b-MXFP4-Q8.exoctl.toml");
  expect(isLeftoverOfWrite("exoctl--x.exoctl.toml.2938472")).toBe(true);
  expect(isLeftoverOfWrite("exoctl--x.exoctl.toml")).toBe(false);
});

describe("an entry from outside", () => {
  test("passes as it is", () => {
    expect(checkEntry(anEntry())).toEqual({ kind: "entry", entry: anEntry() });
  });

  test("has all its problems named at once, without repeating the values", () => {
    const checked = checkEntry({ ...anEntry(), layers: 0, storageBytes: 1.5, family: "a\nb", path: "/etc/passwd" });
    if (checked.kind !== "problems") throw new Error("was accepted");
    const all = checked.problems.join("\n");
    for (const name of ["layers", "storageBytes", "family"]) expect(all).toContain(name);
    expect(all).not.toContain("/etc/passwd");
  });

  test.each([
    ["layers", -1],
    ["layers", 2 ** 31],
    ["hiddenSize", 0],
    ["kvHeads", Number.NaN],
    ["contextTokens", "8192"],
    ["storageBytes", 2 ** 53],
    ["supportsTensor", 1],
    ["baseModel", "x".repeat(500)],
    ["capabilities", ["a\u0000"]],
    ["quantization", "\ud800"],
  ])("with %s = %j is refused", (field, value) => {
    expect(checkEntry({ ...anEntry(), [field]: value })).toMatchObject({ kind: "problems" });
  });

  test("that is nothing like an entry is refused", () => {
    fc.assert(fc.property(fc.anything(), (raw) => checkEntry(raw).kind === "problems"));
  });
});
