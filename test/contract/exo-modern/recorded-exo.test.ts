import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { ExoCase } from "./exo-case.js";
import { openReplay, readAbout, recordedFolders } from "./recording.js";
import { checkCases, testCases } from "./run-cases.js";

const fixtures = fileURLToPath(new URL("../../fixtures/exo", import.meta.url));

describe.each(recordedFolders(fixtures).map((folder) => [relative(fixtures, folder), folder] as const))(
  "recorded answers of exo %s",
  (_variant, folder) => {
    const { facts, notRecorded = [] } = readAbout(folder);
    const open = (one: ExoCase) => openReplay(folder, facts, one);
    testCases({ facts, breakServing: async () => undefined }, open, notRecorded);

    test("about.json names every case whose answers are not there", async () => {
      const missing = (await checkCases(open)).filter(({ outcome }) => outcome === "not-recorded");
      expect(missing.map(({ name }) => name).toSorted()).toEqual(notRecorded.toSorted());
    });
  },
);
