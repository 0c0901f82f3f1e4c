import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import picocolors from "picocolors";
import { expect, test } from "vitest";
import { printable } from "../../src/cli/output.js";

const colourful = picocolors.createColors(true);
const plain = picocolors.createColors(false);

test("our own colours stay where there are any, and a line that has some ends them", () => {
  const lines = [colourful.bold("NAME"), colourful.dim(colourful.yellow("studio-1"))];
  expect(printable(lines, colourful)).toBe(lines.map((line) => `${line}\u001b[0m`).join("\n"));
  expect(printable(["studio-1"], colourful)).toBe("studio-1");
});

test.each([
  ["moves the cursor", "\u001b[1A\u001b[2K"],
  ["sets the title", "\u001b]0;title\u0007"],
  ["conceals", "\u001b[8m"],
  ["begins a line of its own", "\nstudio-2  ready"],
  ["is an 8-bit sequence", "\u009b2J"],
  ["turns text around", "\u202e"],
])("a name that %s is shown as it is written", (_, name) => {
  for (const colors of [colourful, plain]) {
    const shown = printable([`studio-1 ${name}`], colors);
    expect(shown.split("\n")).toHaveLength(1);
    expect(shown).not.toContain(name);
    expect(shown).toContain("\\u");
  }
});

test("whatever a line has in it, without colours not one control character comes out", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(printable([text], plain)).not.toMatch(/\p{Cc}/u);
      expect(stripVTControlCharacters(printable([text], colourful))).not.toMatch(/\p{Cc}/u);
    }),
  );
});
