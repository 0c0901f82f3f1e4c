import { type Document, LineCounter, parseDocument, visit } from "yaml";
import { type ClusterSpec, clusterSpecSchema } from "./cluster-spec.js";
import { compoundKey } from "./compound-keys.js";
import { type ConfigIssue, pathText, type UnplacedIssue } from "./config-issue.js";
import { crossChecks } from "./cross-checks.js";
import { schemaIssues } from "./schema-issues.js";
import { spanOfPath, type TextSpan } from "./yaml-position.js";

/** A checked file, or all of its mistakes by position. */
export type ClusterSpecResult =
  | { readonly kind: "ok"; readonly spec: ClusterSpec }
  | { readonly kind: "invalid"; readonly fileName: string; readonly issues: readonly ConfigIssue[] };

/** A mistake with the stretch of text it is about. */
interface LocatedIssue extends Omit<ConfigIssue, "line" | "column"> {
  readonly span: TextSpan;
}

/** `key:` with nothing after it reads as not written, as in Kubernetes' files. */
function withoutEmptyValues(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyValues);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmptyValues(inner)]));
}

const expectedBySyntax: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "each key once",
  MULTIPLE_DOCS: "one document",
  TAB_AS_INDENT: "spaces for indentation",
};

const notInItself = "an anchor whose value does not contain itself";
const plainKey = "a plain word as key";

/** What the YAML parser itself objects to, and references to anchors that are nowhere or around the reference. */
function syntaxIssues(document: Document, text: string): LocatedIssue[] {
  const issues = [...document.errors, ...document.warnings].map(({ code, message, pos: [start, end] }) => {
    const words = message.replace(/\s+/g, " ").trim();
    const problem =
      code === "DUPLICATE_KEY"
        ? `found ${/^[^\s:]*/.exec(text.slice(start, start + 64))?.[0]} again`
        : `found this mistake: ${words}`;
    return { span: { start, end }, path: "", expected: expectedBySyntax[code] ?? "valid YAML", problem };
  });
  visit(document, {
    Alias: (_, alias, around) => {
      const target = alias.resolve(document);
      if (target !== undefined && !around.includes(target)) return;
      const [start = 0, end = start] = alias.range ?? [];
      const expected = target === undefined ? "an anchor defined above" : notInItself;
      issues.push({ span: { start, end }, path: "", expected, problem: `found *${alias.source}` });
    },
  });
  const compound = compoundKey(document);
  if (compound !== undefined)
    issues.push({ span: compound, path: "", expected: plainKey, problem: "found a list or a mapping" });
  return issues;
}

/** Everything beyond syntax. */
function contentIssues(document: Document, file: unknown): LocatedIssue[] {
  const parsed = clusterSpecSchema.safeParse(withoutEmptyValues(file) ?? {});
  const found: readonly UnplacedIssue[] = [...schemaIssues(file, parsed.error?.issues ?? []), ...crossChecks(file)];
  return found.map(({ path, at, expected, problem }) => ({
    span: spanOfPath(document, path, at),
    path: pathText(path),
    expected,
    problem,
  }));
}

/** Content up to the first place where the YAML is broken; what follows would be guesswork, and what is missing may follow. */
function trustworthy(content: readonly LocatedIssue[], syntax: readonly LocatedIssue[]): readonly LocatedIssue[] {
  const breaks = syntax.filter(({ expected }) => expected !== expectedBySyntax.DUPLICATE_KEY);
  if (breaks.length === 0) return content;
  const intactUpTo = Math.min(...breaks.map(({ span }) => span.start));
  return content.filter(({ span, problem }) => span.end < intactUpTo && problem !== "found nothing");
}

/** By position, each place and path once. */
function inOrder(issues: readonly LocatedIssue[], lines: LineCounter): readonly ConfigIssue[] {
  const byPlace = new Map<string, ConfigIssue>();
  for (const { span, path, expected, problem } of issues.toSorted(
    (left, right) => left.span.start - right.span.start,
  )) {
    const { line, col } = lines.linePos(span.start);
    const place = `${line}:${col} ${path}`;
    if (!byPlace.has(place)) byPlace.set(place, { line, column: col, path, expected, problem });
  }
  return [...byPlace.values()];
}

/**
 * Reads the text of a cluster file: the checked specification with every default filled in, or all of its mistakes at once.
 *
 * @param fileName for messages
 */
export function readClusterSpec(text: string, fileName: string): ClusterSpecResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const syntax = syntaxIssues(document, text);
  const plain = plainValue(document, syntax);
  if (plain === undefined) return { kind: "invalid", fileName, issues: inOrder(syntax, lines) };
  const issues = [...syntax, ...trustworthy(contentIssues(document, plain.file), syntax)];
  if (issues.length > 0) return { kind: "invalid", fileName, issues: inOrder(issues, lines) };
  return { kind: "ok", spec: clusterSpecSchema.parse(withoutEmptyValues(plain.file) ?? {}) };
}

/** The document as plain data, without rings. Adds to `syntax` why there is none: an anchor that is nowhere, or aliases that explode. */
function plainValue(document: Document, syntax: LocatedIssue[]): { readonly file: unknown } | undefined {
  if (syntax.some(({ expected }) => expected === notInItself || expected === plainKey)) return undefined;
  try {
    return { file: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    const problem = `found this mistake: ${error.message}`;
    if (syntax.length === 0) syntax.push({ span: { start: 0, end: 0 }, path: "", expected: "valid YAML", problem });
    return undefined;
  }
}
