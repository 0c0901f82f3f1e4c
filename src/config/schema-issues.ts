import { z } from "zod";
import { clusterSpecSchema } from "./cluster-spec.js";
import { foundText, type IssuePath, type UnplacedIssue } from "./config-issue.js";
import { nearestWord } from "./nearest-word.js";

/** The part of a JSON Schema that tells which keys a place may hold. */
const placeSchema = z.object({
  properties: z.record(z.string(), z.unknown()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
});

/** Keys that the file format knows at a place; empty where any name is allowed. */
function knownKeys(path: IssuePath): readonly string[] {
  let place: unknown = z.toJSONSchema(clusterSpecSchema, { io: "input" });
  for (const step of path) {
    const { properties, additionalProperties, items } = placeSchema.parse(place);
    place = typeof step === "number" ? items : (properties?.[step] ?? additionalProperties);
  }
  return Object.keys(placeSchema.parse(place).properties ?? {});
}

function valueAt(file: unknown, path: IssuePath): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null ? (value as Record<string | number, unknown>)[step] : undefined,
    file,
  );
}

const didYouMean = (word: unknown, candidates: readonly string[]): string => {
  const meant = typeof word === "string" ? nearestWord(word, candidates) : undefined;
  return meant === undefined ? "" : ` (did you mean ${JSON.stringify(meant)}?)`;
};

/** Turns what the schema objects to into issues that say what was expected and what was found. */
export function schemaIssues(file: unknown, issues: readonly z.core.$ZodIssue[]): readonly UnplacedIssue[] {
  return issues.flatMap((issue): UnplacedIssue[] => {
    const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
    if (issue.code === "unrecognized_keys") {
      const known = knownKeys(path);
      return issue.keys.map((key) => ({
        path: [...path, key],
        at: "key",
        expected: `one of ${known.join(", ")}`,
        problem: `found the unknown key ${JSON.stringify(key)}${didYouMean(key, known)}`,
      }));
    }
    const found = valueAt(file, path);
    const words = issue.code === "invalid_value" ? issue.values.map(String) : [];
    return [{ path, at: "value", expected: issue.message, problem: `${foundText(found)}${didYouMean(found, words)}` }];
  });
}
