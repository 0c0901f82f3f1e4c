import type { ClassicRefusal } from "../cluster/classic-refusal.js";

/** What is written is what was shown: a file that has become another one since is a reason to stop. */
export const changedSinceShown = (digest: string, expected: string | undefined): readonly ClassicRefusal[] =>
  expected === undefined || digest === expected
    ? []
    : [
        {
          code: "changed_meanwhile",
          message: "the file was changed by something else after it had been looked at",
          fix: "Run this again.",
        },
      ];
