import { expect, test } from "vitest";
import { checkModelsPyEdits, hasPython } from "../../support/check-models-py-edits.js";

test.skipIf(!hasPython)("400 generated files get the entry and nothing else, by CPython's parser", () => {
  const counts = checkModelsPyEdits(400);
  // All kinds of files came up: what is said of the entry, times line breaks.
  expect(counts.size).toBe(12);
});
