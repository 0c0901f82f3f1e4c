import type { ClassicEntry } from "./classic-entry.js";

/** An entry that an exo 0.0.x shall have. */
export interface ClassicAddWish {
  readonly entry: ClassicEntry;
  /** The model as people call it, such as `gpt-oss-120b`. */
  readonly model: string;
  /** Codes of faults that the admin knows about and takes on. */
  readonly accepted: readonly string[];
  readonly whenDifferent: "report" | "replace";
  readonly effect: "write" | "show";
  /** SHA-256 that the file must have before, hex: what was shown is what is written. */
  readonly expected?: string;
}

/** An entry of exoctl's that an exo 0.0.x shall no longer have. */
export interface ClassicRemoveWish {
  readonly id: string;
  readonly effect: "write" | "show";
  readonly expected?: string;
  /** SHA-256 that the file shall have afterwards, hex: edits from before that stay. Without it, all edits about this model go. */
  readonly until?: string;
}
