import { expect, test } from "vitest";
import { compareFiles } from "../../../src/apply/classic/compare-files.js";
import type { ClassicEntry } from "../../../src/cluster/classic-entry.js";

const entry: ClassicEntry = { id: "oss", layers: 36, engine: "mlx", repo: "owner/oss", label: "OSS" };
const file = (node: string, digest: string, entries: readonly ClassicEntry[] = [entry], before?: string) => ({
  node,
  ...(before === undefined ? {} : { before }),
  description: {
    file: "models.py",
    digest,
    entries: entries.map((each) => ({ entry: each, by: "exoctl" as const })),
    engineFaults: [],
    refusals: [],
  },
});

test("equal files are one group and no difference", () => {
  expect(compareFiles([file("a", "d1"), file("b", "d1")], ["oss"])).toEqual({
    entry: "same",
    files: "same",
    groups: [{ digest: "d1", nodes: ["a", "b"] }],
    differences: [],
  });
});

test("the odd one out is named, and whether it was odd before", () => {
  const before = compareFiles(
    [file("a", "d2", [entry], "old"), file("b", "d3", [entry], "other"), file("c", "d2", [entry], "old")],
    ["oss"],
  );
  expect(before.differences).toEqual(["the rest of models.py on b differs from that on a and c, as it did before"]);
  const since = compareFiles([file("a", "d2", [entry], "old"), file("b", "d3", [entry], "old")], ["oss"]);
  expect(since.differences).toEqual(["the rest of models.py on b differs from that on a, and did not before"]);
  expect(since).toMatchObject({ entry: "same", files: "differs" });
});

test("an entry that differs, or is missing, is said with what it is on whom", () => {
  const other = { ...entry, layers: 20 };
  const { entry: verdict, differences } = compareFiles(
    [file("a", "d1"), file("b", "d2", [other]), file("c", "d3", [])],
    ["oss"],
  );
  expect(verdict).toBe("differs");
  expect(differences.slice(0, 2)).toEqual([
    'oss is 20 layers, mlx, owner/oss, "OSS" on b, and 36 layers, mlx, owner/oss, "OSS" on a',
    'oss is absent on c, and 36 layers, mlx, owner/oss, "OSS" on a',
  ]);
});

test("absent everywhere is the same", () => {
  expect(compareFiles([file("a", "d1", []), file("b", "d1", [])], ["oss"])).toMatchObject({ entry: "same" });
});
