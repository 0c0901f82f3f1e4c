import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";
import { openReplay, readAbout, recordedFolders } from "./recording.js";
import { testCases } from "./run-cases.js";

const fixtures = fileURLToPath(new URL("../../fixtures/exo", import.meta.url));

describe.each(recordedFolders(fixtures).map((folder) => [relative(fixtures, folder), folder] as const))(
  "recorded answers of exo %s",
  (_variant, folder) => {
    const { facts } = readAbout(folder);
    testCases((one) => openReplay(folder, facts, one));
  },
);
