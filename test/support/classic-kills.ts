import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { expect } from "vitest";
import { anAddRequest, type ClassicHouse, modelsPyText } from "./classic-house.js";

export type ClassicVerb = "add" | "remove";

/** Brings the house to where the verb has something to do. */
export async function prepareFor(verb: ClassicVerb, house: ClassicHouse): Promise<void> {
  if (verb === "remove") await house.add();
}

/** The file is one of the two, and adding, then removing, leads back to the file and the folder of the beginning. */
export async function expectWhole(house: ClassicHouse, added: string, when: string): Promise<void> {
  expect([modelsPyText, added], when).toContain(await house.text());
  expect(["added", "unchanged"], when).toContain((await house.add()).outcome);
  expect(await house.text(), when).toBe(added);
  expect((await house.remove("my-llama")).outcome, when).toBe("removed");
  expect(await house.text(), when).toBe(modelsPyText);
  expect(await house.names(), when).toEqual(["inference", "models.py"]);
}

/**
 * Runs the verb in processes of its own on the built program, each killed with -9 before another call of the file system: every
 * one, or every so many-th.
 *
 * @returns how many processes were killed
 */
export async function checkKills(
  verb: ClassicVerb,
  house: ClassicHouse,
  added: string,
  every: number,
): Promise<number> {
  const compiled = compileChild();
  const [dist, request] = [pathToFileURL(resolve("dist")).href, JSON.stringify(anAddRequest())];
  const start = (at: number) =>
    spawnSync(process.execPath, [join(compiled, "classic-killed.mjs"), dist, house.root, verb, String(at), request], {
      encoding: "utf8",
    });
  try {
    await prepareFor(verb, house);
    const undisturbed = start(0).stdout.split(" ");
    expect(undisturbed[0]).toBe(verb === "add" ? "added" : "removed");
    if (verb === "add") await house.remove("my-llama");
    const calls = Number(undisturbed[1]);
    let killed = 0;
    for (let at = calls; at > 0; at -= every, killed += 1) {
      await prepareFor(verb, house);
      expect(start(at).signal, `call ${at}`).toBe("SIGKILL");
      await expectWhole(house, added, `killed before call ${at} of ${calls}`);
    }
    return killed;
  } finally {
    rmSync(compiled, { recursive: true });
  }
}

/** Compiled once, the processes start faster than through a loader. */
function compileChild(): string {
  const folder = mkdtempSync(join(tmpdir(), "exoctl-killed-"));
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true };
  for (const name of ["classic-killed", "watched-calls"]) {
    const source = readFileSync(new URL(`./${name}.ts`, import.meta.url), "utf8");
    const { outputText } = ts.transpileModule(source, { compilerOptions: options });
    writeFileSync(join(folder, `${name}.mjs`), outputText.replace("./watched-calls.js", "./watched-calls.mjs"));
  }
  return folder;
}
