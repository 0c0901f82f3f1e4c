import { expect, test } from "vitest";
import { checkModelsPyEdits } from "../support/check-models-py-edits.js";
import { createClassicHouse } from "../support/classic-house.js";
import { checkKills } from "../support/classic-kills.js";
import { printTable, times } from "./bench-table.js";

/** The long form of the property that the suite runs on 400 files. */
test("generated files of exo 0.0.x get the entry and nothing else", () => {
  const runs = times(5_000);
  const counts = checkModelsPyEdits(runs);
  const rows = [...counts].toSorted(([one], [other]) => (one < other ? -1 : 1));
  printTable(
    `Edited as wanted, by CPython's parser, and taken back byte for byte: ${runs} generated models.py`,
    ["what the file said of the entry, its line breaks", "files"],
    rows.map(([name, count]) => [name, String(count)]),
  );
});

/** On the built program: `npm run build` first. */
test.each(["add", "remove"] as const)("kill -9 before each call of the file system: %s", async (verb) => {
  const house = await createClassicHouse();
  await house.add();
  const added = await house.text();
  await house.remove("my-llama");
  const killed = await checkKills(verb, house, added, 1);
  expect(killed).toBeGreaterThan(40);
  printTable(`Killed with -9 during ${verb}`, ["processes", "files neither old nor new"], [[String(killed), "0"]]);
  await house.close();
});
