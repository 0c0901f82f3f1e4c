import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { machineProblem } from "../../src/cli/machine-problem.js";

test("what the machine refuses is told in words, with the path", async () => {
  const folder = await mkdtemp(join(tmpdir(), "exoctl-test-"));
  try {
    const file = join(folder, "missing", "state.json");
    const problem = machineProblem(await writeFile(file, "x").catch((error: unknown) => error));
    expect(problem).toMatchObject({ kind: "failed", code: "enoent" });
    expect(problem?.message).toBe(`can't open ${file}: a folder on the way is missing or can't be made`);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a full disk is told without a path where the system gives none", () => {
  const error = Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    syscall: "write",
  });
  expect(machineProblem(error)?.message).toBe("can't write: the disk is full");
});

test("other errors are no affair of the machine's", () => {
  for (const error of [
    new TypeError("x is undefined"),
    Object.assign(new Error("x"), { code: "ECONNREFUSED" }),
    "ENOSPC",
  ])
    expect(machineProblem(error)).toBeUndefined();
});
