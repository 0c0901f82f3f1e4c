import type { z } from "zod";
import { Problem } from "../runtime/problem.js";
import { wordIssue } from "./word-issue.js";

/** One thing that is wrong with a request, and where: `nodes[2].memoryBytes`, or an empty path for the whole. */
export interface RequestIssue {
  readonly path: string;
  readonly problem: string;
}

/** All of them as one problem of whoever asked, a line each. @param prefix what every line begins with, such as a file's name */
export function issuesProblem(code: string, issues: readonly RequestIssue[], prefix = ""): Problem {
  const lines = issues.map((issue) => `${prefix}${issue.path === "" ? "(top)" : issue.path}: ${issue.problem}`);
  return new Problem("usage", code, lines.join("\n"), "Correct these and run the command again.");
}

/** Collects every problem while parts of a request are read one by one. */
export interface IssueList {
  readonly issues: readonly RequestIssue[];
  add(path: string, problem: string): void;
  /** Reads one part; undefined when it has problems, which are then on the list. */
  read<T>(shape: z.ZodType<T>, value: unknown, path: string): T | undefined;
  /** Reads each item of a list; items with problems are left out. A missing list is an empty one. */
  readEach<T>(
    shape: z.ZodType<T>,
    value: unknown,
    path: string,
  ): readonly { readonly item: T; readonly path: string }[];
}

function joinPath(base: string, parts: readonly PropertyKey[]): string {
  let path = base;
  for (const part of parts) {
    if (typeof part === "number") path += `[${part}]`;
    else path += path === "" ? String(part) : `.${String(part)}`;
  }
  return path;
}

/** An item of a list as it was stated, whatever is wrong with it: relations between items are checked all the same. */
export interface StatedItem {
  readonly stated: Readonly<Record<string, unknown>>;
  readonly path: string;
}

/** Those items of a list that are mappings. */
export function statedItems(value: unknown, path: string): readonly StatedItem[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((raw: unknown, index) =>
    typeof raw === "object" && raw !== null && !Array.isArray(raw)
      ? [{ stated: { ...raw }, path: `${path}[${index}]` }]
      : [],
  );
}

/** A stated text; undefined where something else was stated. */
export const statedText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** An empty list of problems. */
export function openIssueList(): IssueList {
  const issues: RequestIssue[] = [];
  const list: IssueList = {
    issues,
    add: (path, problem) => {
      issues.push({ path, problem });
    },
    read: (shape, value, path) => {
      const result = shape.safeParse(value, { reportInput: true });
      if (result.success) return result.data;
      for (const issue of result.error.issues.flatMap(wordIssue)) list.add(joinPath(path, issue.path), issue.problem);
      return undefined;
    },
    readEach: (shape, value, path) => {
      if (value === undefined) return [];
      if (!Array.isArray(value)) {
        list.add(path, "expected a list");
        return [];
      }
      return value.flatMap((raw: unknown, index) => {
        const at = `${path}[${index}]`;
        const item = list.read(shape, raw, at);
        return item === undefined ? [] : [{ item, path: at }];
      });
    },
  };
  return list;
}
