import type { ClassicEntry } from "./classic-entry.js";
import type { Finding } from "./classic-finding.js";
import type { ClassicRefusal } from "./classic-refusal.js";

export const classicAddOutcomes = [
  "added",
  "replaced",
  "unchanged",
  "would-write",
  "differs",
  "blocked",
  "refused",
] as const;

/** What came of adding an entry to an exo 0.0.x, in the words of `exoctl model add --classic`. */
export interface ClassicAddReport {
  /** `would-write`: a dry run that found nothing in the way. `blocked`: a fault of the recipe. */
  readonly outcome: (typeof classicAddOutcomes)[number];
  readonly file: string;
  readonly entry: ClassicEntry;
  readonly findings: readonly Finding[];
  /** Unified diff of what was, or would be, changed. */
  readonly diff: readonly string[];
  readonly refusals: readonly ClassicRefusal[];
  /** The copy of the file from before. */
  readonly backup?: string;
  /** SHA-256 of the file before and after, hex; a dry run says what it would be. Absent where the file could not be read. */
  readonly digests?: ClassicDigests;
}

export interface ClassicDigests {
  readonly before: string;
  readonly after: string;
}

export const classicRemoveOutcomes = ["removed", "would-write", "refused"] as const;

/** What came of removing one. */
export interface ClassicRemoveReport {
  readonly outcome: (typeof classicRemoveOutcomes)[number];
  readonly file: string;
  readonly id: string;
  readonly diff: readonly string[];
  readonly refusals: readonly ClassicRefusal[];
  readonly digests?: ClassicDigests;
}

/** An entry as it stands in the file. */
export interface FoundClassicEntry {
  readonly entry: ClassicEntry;
  /** Whether exoctl has put it there, by its record of edits. */
  readonly by: "exoctl" | "others";
}

/** The registry of an exo 0.0.x as its agent sees it. */
export interface ClassicDescription {
  readonly file: string;
  /** SHA-256 of the file, hex; absent where it can't be read. */
  readonly digest?: string;
  /** Version of exo's package as pip wrote it down. Every release of the line says 0.0.1. */
  readonly exo?: string;
  readonly mlx?: string;
  readonly mlxLm?: string;
  /** What exoctl wrote, and what was asked for, as far as it is there and can be read. */
  readonly entries: readonly FoundClassicEntry[];
  /** What gpt-oss meets on this exo, whatever its entry says. */
  readonly engineFaults: readonly Finding[];
  /** Why the file can't be read. */
  readonly refusals: readonly ClassicRefusal[];
}
