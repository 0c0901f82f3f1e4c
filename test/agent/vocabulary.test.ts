import { describe, expect, test } from "vitest";
import { prepareVocabulary, type VocabularyFiles } from "../../src/agent/vocabulary.js";

const variable = "TIKTOKEN_ENCODINGS_BASE";

/** A disk whose folders are good, missing or damaged; the agent's own is mended by `ensure` unless the disk is full. */
function aDisk(
  folders: Record<string, "good" | "damaged">,
  disk: { full: boolean } = { full: false },
): VocabularyFiles {
  return {
    folder: "/agent/tiktoken",
    check: async (folder) => folders[folder] ?? "missing",
    ensure: async () => {
      if (disk.full && folders["/agent/tiktoken"] !== "good") throw new Error("ENOSPC");
      folders["/agent/tiktoken"] = "good";
    },
  };
}

const program = (env: Record<string, string>) => ({ env, cwd: "/home/exo" });

describe("the exo that the agent starts", () => {
  test("gets the agent's own folder", async () => {
    const { env, report } = await prepareVocabulary(aDisk({}), program({}));
    expect(env).toEqual({ [variable]: "/agent/tiktoken" });
    expect(await report("agent")).toEqual({ state: "ready", note: "/agent/tiktoken" });
  });

  test("keeps a folder that the admin has set, which is checked, from exo's working folder", async () => {
    const disk = aDisk({ "/home/exo/mine": "good" });
    const { env, report } = await prepareVocabulary(disk, program({ [variable]: "mine" }));
    expect(env).toEqual({});
    expect(await report("agent")).toEqual({ state: "ready", note: "/home/exo/mine" });
  });

  test.each(["missing", "damaged"] as const)("is reported when the admin's folder has a %s file", async (state) => {
    const disk = aDisk(state === "damaged" ? { "/mine": "damaged" } : {});
    const { report } = await prepareVocabulary(disk, program({ [variable]: "/mine" }));
    const { state: found, note } = await report("agent");
    expect(found).toBe("missing");
    expect(note).toContain(`set to /mine, where o200k_base.tiktoken is ${state}`);
  });

  test("is not sent to a folder without the file: it would not look on the internet any more", async () => {
    const { env, report } = await prepareVocabulary(aDisk({}, { full: true }), program({}));
    expect(env).toEqual({});
    expect(await report("agent")).toMatchObject({ state: "missing", note: expect.stringContaining("ENOSPC") });
  });

  test("a file that goes is written again, and reported when that fails", async () => {
    const folders: Record<string, "good" | "damaged"> = {};
    const disk = { full: false };
    const { report } = await prepareVocabulary(aDisk(folders, disk), program({}));
    folders["/agent/tiktoken"] = "damaged";
    expect(await report("agent")).toMatchObject({ state: "ready" });
    expect(folders["/agent/tiktoken"]).toBe("good");
    folders["/agent/tiktoken"] = "damaged";
    disk.full = true;
    expect(await report("agent")).toMatchObject({ state: "missing", note: expect.stringContaining("ENOSPC") });
  });
});

test("of an exo that others start nothing is claimed, and the line that helps is said", async () => {
  const { report } = await prepareVocabulary(aDisk({}), undefined);
  const { state, note } = await report("others");
  expect(state).toBe("unknown");
  expect(note).toContain('export TIKTOKEN_ENCODINGS_BASE="/agent/tiktoken"');
});
