/** One mistake in a cluster file. Reads as `<path>: expected <expected>, <problem>`. */
export interface ConfigIssue {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Such as `models[0].serve.context`; empty for the file as a whole. */
  readonly path: string;
  /** What is there instead, such as `found "lots"`. */
  readonly problem: string;
  /** What was expected, such as `a whole number above 0`. */
  readonly expected: string;
}

/** Where in the document something is: keys of mappings and indexes of lists. */
export type IssuePath = readonly (string | number)[];

/** A mistake that still has to be located. `at` says whether the key or its value is wrong. */
export interface UnplacedIssue {
  readonly path: IssuePath;
  readonly at: "key" | "value";
  readonly problem: string;
  readonly expected: string;
}

/** A path as people write it: `models[0].serve.context`. */
export function pathText(path: IssuePath): string {
  return path.map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`)).join("");
}

const longest = 60;

/** What was found, for the end of a message: `found "lots"`, `found nothing`, `found a list`. */
export function foundText(value: unknown): string {
  if (value === undefined || value === null) return "found nothing";
  if (Array.isArray(value)) return "found a list";
  if (typeof value === "object") return "found a mapping";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return `found ${text.length > longest ? `${text.slice(0, longest)}…` : text}`;
}
