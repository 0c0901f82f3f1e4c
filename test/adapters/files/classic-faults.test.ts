import { rm, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileCalls } from "../../../src/adapters/files/classic-file-calls.js";
import { type ClassicHouse, createClassicHouse, modelsPyText } from "../../support/classic-house.js";
import { checkKills, expectWhole, prepareFor } from "../../support/classic-kills.js";
import { type BeforeCall, watchedCalls as watch } from "../../support/watched-calls.js";

/*
 * Whatever happens at whatever call: the registry file is the old one or the new one, and the next run finds its way from there.
 */

const watchedCalls = (before: BeforeCall) => watch(before, fileCalls);

let house: ClassicHouse;
let added: string;

beforeEach(async () => {
  house = await createClassicHouse();
  await house.add();
  added = await house.text();
  await house.remove("my-llama");
});
afterEach(() => house.close());

/** A lock whose process has ended is taken over; here both runs are one process, so the lock is taken away instead. */
const endOfProcess = (): Promise<void> => rm(`${house.file}.exoctl-lock`, { force: true });

describe.each(["add", "remove"] as const)("%s", (verb) => {
  const run = (calls: ReturnType<typeof watchedCalls>) =>
    verb === "add" ? house.add({}, calls) : house.remove("my-llama", calls);

  /** Runs the verb once for each of its calls, with `fail` before that call; gives the number of calls. */
  async function atEachCall(fail: (number: number, at: number, name: string) => void): Promise<number> {
    for (let at = 1; ; at += 1) {
      let reached = false;
      await prepareFor(verb, house);
      const calls = watchedCalls((number, name) => {
        reached ||= number === at;
        fail(number, at, name);
      });
      await run(calls).catch(() => undefined);
      await endOfProcess();
      await expectWhole(house, added, `call ${at}`);
      if (!reached) return at - 1;
    }
  }

  test("ENOSPC at each call", async () => {
    const calls = await atEachCall((number, at, name) => {
      if (number === at) throw Object.assign(new Error("full"), { code: "ENOSPC", syscall: name });
    });
    expect(calls).toBeGreaterThan(40);
  });

  test("every call after a certain one fails", async () => {
    await atEachCall((number, at) => {
      if (number >= at) throw Object.assign(new Error("gone"), { code: "EIO" });
    });
  });

  test("kill -9 before every sixteenth call (before each of them in `npm run check:classic-registry`)", async () => {
    expect(await checkKills(verb, house, added, 16)).toBeGreaterThan(2);
  });

  test("the file is changed by somebody else at each call: theirs stays", async () => {
    const lost: string[] = [];
    for (let at = 1, reached = true; reached; at += 1) {
      reached = false;
      await prepareFor(verb, house);
      let between = "";
      const calls = watchedCalls(async (number, name) => {
        if (number !== at) return;
        reached = true;
        between = name;
        await writeFile(house.file, `${modelsPyText}# theirs\n`);
      });
      const { outcome } = await run(calls);
      const text = await house.text();
      if (outcome === "refused") expect(text, `call ${at}`).toBe(`${modelsPyText}# theirs\n`);
      if (reached && !text.includes("# theirs")) lost.push(between);
      await house.close();
      house = await createClassicHouse();
    }
    // Between the last look and the rename nobody can tell: no file system offers a rename with a condition.
    expect(lost).toEqual(["rename"]);
  });
});
