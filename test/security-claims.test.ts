import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

/** Rows whose last column is a test: its file, and words of its name. */
const claims = [...read("SECURITY.md").matchAll(/^\| (.+?) \|.* \| `(test\/[^`]+)`: (.+?) \|$/gm)].map(
  ([, attack = "", file = "", name = ""]) => ({ attack, file, name }),
);

test("SECURITY.md has a test for each attack of its tables", () => {
  const rows = read("SECURITY.md").split("\n### ").slice(1).join("\n").split("\n## ")[0] ?? "";
  const attacks = rows.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| attack |"));
  expect(claims).toHaveLength(attacks.length);
});

test.each(claims)("$attack: $file has the test that is named", ({ file, name }) => {
  expect(read(file)).toContain(name);
});
