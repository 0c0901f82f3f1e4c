/** Why a registry file of exo 0.0.x is left alone. Stable, for programs. */
export const classicRefusalCodes = [
  "syntax",
  "too_large",
  "not_utf8",
  "dict_missing",
  "built_by_code",
  "duplicate_key",
  "spread",
  "key_unclear",
  "self_check",
  "changed_meanwhile",
  "changed_since",
  "not_ours",
  "later_edit",
  "no_permission",
  "not_a_file",
  "record_damaged",
  "busy",
] as const;

export type ClassicRefusalCode = (typeof classicRefusalCodes)[number];

/** A no, in words: what is in the way, and what the reader can do. Nothing has been changed. */
export interface ClassicRefusal {
  readonly code: ClassicRefusalCode;
  readonly message: string;
  readonly fix: string;
  /** Counted from 1, where the reason stands in the file. */
  readonly line?: number;
}
