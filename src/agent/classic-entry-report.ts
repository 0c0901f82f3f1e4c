import type { ClassicEntry } from "../register/classic/classic-entry.js";
import type { Finding } from "../register/classic/finding.js";
import type { ClassicRefusal } from "../register/classic/refusal.js";

/** What came of adding an entry to an exo 0.0.x, in the words of `exoctl model add --classic`. */
export interface ClassicAddReport {
  /** `would-write`: a dry run that found nothing in the way. `blocked`: a fault of the recipe. */
  readonly outcome: "added" | "replaced" | "unchanged" | "would-write" | "differs" | "blocked" | "refused";
  readonly file: string;
  readonly entry: ClassicEntry;
  readonly findings: readonly Finding[];
  /** Unified diff of what was, or would be, changed. */
  readonly diff: readonly string[];
  readonly refusals: readonly ClassicRefusal[];
  /** The copy of the file from before. */
  readonly backup?: string;
}

/** What came of removing one. */
export interface ClassicRemoveReport {
  readonly outcome: "removed" | "would-write" | "refused";
  readonly file: string;
  readonly id: string;
  readonly diff: readonly string[];
  readonly refusals: readonly ClassicRefusal[];
}
