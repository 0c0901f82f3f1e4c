import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeControls, escapeJson } from "../../src/runtime/escape-controls.js";

const anyText = fc.string({ unit: "binary", maxLength: 40 });
/** As terminals and readers of lines see it. */
const acts = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u061c\u200e\u200f\ufeff]/u;

test.each([
  ["\u001b[2Jgone", "\\u001b[2Jgone"],
  ["a\r\nb\u0000", "a\\u000d\\u000ab\\u0000"],
  ["\u009b31m", "\\u009b31m"],
  ["admin\u202etxt", "admin\\u202etxt"],
  ["Größe 👩‍💻", "Größe 👩‍💻"],
])("%j is shown as %s", (text, shown) => expect(escapeControls(text)).toBe(shown));

test("nothing that acts is left of any text, and what does not act stays", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const shown = escapeControls(text);
      expect(shown).not.toMatch(acts);
      if (!acts.test(text)) expect(shown).toBe(text);
    }),
  );
});

test("any value as JSON is one line of plain characters, and the same value when it is read", () => {
  fc.assert(
    fc.property(fc.record({ a: anyText, b: fc.array(anyText, { maxLength: 3 }) }), (value) => {
      const line = escapeJson(JSON.stringify(value));
      expect(line).not.toMatch(acts);
      expect(JSON.parse(line)).toEqual(value);
    }),
  );
});
