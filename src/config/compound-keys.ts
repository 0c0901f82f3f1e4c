import { type Document, isAlias, isCollection, visit } from "yaml";
import type { TextSpan } from "./yaml-position.js";

/**
 * The first key that is itself a list or a mapping. Nobody writes such keys, and as plain data they become texts of texts: forty
 * braces in a row take longer than anybody waits. So they are looked for before a document becomes plain data.
 */
export function compoundKey(document: Document): TextSpan | undefined {
  let found: TextSpan | undefined;
  visit(document, {
    Pair: (_, { key }) => {
      const meant = isAlias(key) ? key.resolve(document) : key;
      if (!isCollection(meant)) return undefined;
      const [start = 0, end = start] = meant.range ?? [];
      found = { start, end };
      return visit.BREAK;
    },
  });
  return found;
}
