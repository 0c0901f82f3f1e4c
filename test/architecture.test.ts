import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/*
 * What dependency-cruiser does not see. Import directions are checked by `depcruise src` in scripts/test.
 */

const src = fileURLToPath(new URL("../src/", import.meta.url));
const generated = join("adapters", "grpc", "generated");
const mostLines = 300;
const dumpingGrounds = ["utils", "util", "helpers", "common", "lib", "misc"];

const entries = readdirSync(src, { recursive: true, withFileTypes: true }).map((entry) => ({
  isFile: entry.isFile(),
  name: entry.name,
  path: relative(src, join(entry.parentPath, entry.name)),
}));
const files = entries
  .filter(({ isFile, path }) => isFile && /\.tsx?$/.test(path) && !path.startsWith(generated))
  .map(({ path, name }) => ({ path, name, text: readFileSync(join(src, path), "utf8") }));

test("source files stay short", () => {
  expect(files.length).toBeGreaterThan(20);
  const long = files
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > mostLines);
  expect(long).toEqual([]);
});

test("no folder is a dumping ground", () => {
  expect(
    entries.filter(({ isFile, name }) => !isFile && dumpingGrounds.includes(name)).map(({ path }) => path),
  ).toEqual([]);
});

test("no file is a barrel", () => {
  const barrels = files.filter(
    ({ name, text }) => /^index\.tsx?$/.test(name) || /^export (?:\*|(?:type )?\{[^}]*\}) from /m.test(text),
  );
  expect(barrels.map(({ path }) => path)).toEqual([]);
});

test("exports are named", () => {
  expect(files.filter(({ text }) => /^export default /m.test(text)).map(({ path }) => path)).toEqual([]);
});

test("the environment is read in processes and cli only", () => {
  const readers = files.filter(
    ({ path, text }) => text.includes("process.env") && !/^(?:processes|cli)[\\/]/.test(path),
  );
  expect(readers.map(({ path }) => path)).toEqual([]);
});
