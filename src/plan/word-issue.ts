import type { z } from "zod";

type ShapeIssue = z.core.$ZodIssue;

/** A problem of one part of a request in words, with the path inside that part. */
interface WordedIssue {
  readonly path: readonly PropertyKey[];
  readonly problem: string;
}

const kinds: Readonly<Record<string, string>> = {
  number: "a number",
  int: "a whole number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
};

const longestText = 40;

/** What was stated, as its author would recognise it. */
function wordFound(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > longestText ? `${value.slice(0, 39)}…` : value);
  if (Array.isArray(value)) return "a list";
  if (value === null) return "nothing";
  return typeof value === "object" ? "a mapping" : String(value);
}

/** What would have been right. */
function wordExpected(issue: ShapeIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return kinds[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.map((value) => JSON.stringify(value)).join(" or ");
    case "too_small":
      if (issue.origin === "string" || issue.origin === "array") return `at least ${issue.minimum} of them`;
      return `${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}`;
    case "invalid_union":
      return [...new Set(issue.errors.flat().map(wordExpected))].join(" or ");
    default:
      return issue.message;
  }
}

/** Turns a problem that a shape found into sentences for whoever wrote the request. */
export function wordIssue(issue: ShapeIssue): readonly WordedIssue[] {
  const { path } = issue;
  if (isSafeIntegerLimit(issue)) return [];
  if (issue.code === "unrecognized_keys") {
    const fields = issue.keys.length > 1 ? "fields" : "field";
    return [{ path, problem: `unknown ${fields} ${issue.keys.join(", ")}` }];
  }
  if (issue.code === "invalid_union") {
    // Where one of the forms got further than the first look, its problems are the ones that matter.
    const inside = issue.errors.find((branch) => branch.every((one) => one.path.length > 0));
    if (inside !== undefined && inside.length > 0) {
      return inside.flatMap(wordIssue).map((one) => ({ ...one, path: [...path, ...one.path] }));
    }
  }
  if (isEmpty(issue)) return [{ path, problem: "must not be empty" }];
  const expected = wordExpected(issue);
  const problem =
    issue.input === undefined
      ? `missing; expected ${expected}`
      : `expected ${expected}, found ${wordFound(issue.input)}`;
  return [{ path, problem }];
}

const isEmpty = (issue: ShapeIssue): boolean =>
  issue.code === "too_small" && (issue.input === "" || Array.isArray(issue.input));

/** Whole numbers have this limit besides the one of their shape, which is always stricter and is reported as well. */
const isSafeIntegerLimit = (issue: ShapeIssue): boolean =>
  (issue.code === "too_big" && issue.origin === "int" && issue.maximum === Number.MAX_SAFE_INTEGER) ||
  (issue.code === "too_small" && issue.origin === "int" && issue.minimum === Number.MIN_SAFE_INTEGER);
