import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Listed {
  readonly name: string;
  readonly use: string;
  readonly licence: string;
  readonly installScript: boolean;
}

const run = spawnSync(process.execPath, ["scripts/list-dependencies.js", "-o", "json"], { encoding: "utf8" });
const { locked, direct }: { readonly locked: readonly Listed[]; readonly direct: readonly Listed[] } = JSON.parse(
  run.stdout,
);

test("every package that is named has its reason in docs/dependencies.md, and nothing else has one", () => {
  const rows = readFileSync("docs/dependencies.md", "utf8").split("\n");
  const section = (title: string, end: string): readonly string[] =>
    rows
      .slice(rows.indexOf(title), rows.indexOf(end) === -1 ? undefined : rows.indexOf(end))
      .filter((row) => row.startsWith("| `"))
      .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ""));
  const named = (use: string): readonly string[] => direct.filter((one) => one.use === use).map(({ name }) => name);
  const sorted = (names: readonly string[]): readonly string[] => names.toSorted();
  expect(sorted(section("## At run time", "## For development"))).toEqual(sorted(named("run time")));
  expect(sorted(section("## For development", "none"))).toEqual(sorted(named("development")));
});

test("licences let anybody use it, and one package has an install script", () => {
  const free = new Set(["MIT", "ISC", "Apache-2.0", "BSD-3-Clause", "BSD-2-Clause", "0BSD", "BlueOak-1.0.0"]);
  const atRunTime = locked.filter(({ use }) => use !== "development");
  expect(atRunTime.filter(({ licence }) => !free.has(licence)).map(({ name }) => name)).toEqual([]);
  expect(locked.filter(({ installScript }) => installScript).map(({ name }) => name)).toEqual(["protobufjs"]);
});
