import type { Literal } from "./literal.js";
import { childrenOf, type PythonNode, type PythonSource, textOf } from "./python-source.js";
import { readPythonText } from "./python-text.js";

const unclear: Literal = { kind: "unclear" };
const otherKinds = new Set(["None", "Boolean", "Ellipsis", "ArrayExpression", "SetExpression", "TupleExpression"]);
const deepest = 16;

/** Reads a literal: text, a whole number, or a dict of such with text as keys. */
export function readLiteral(source: PythonSource, node: PythonNode, depth = 0): Literal {
  if (depth > deepest) return unclear;
  if (otherKinds.has(node.name)) return { kind: "other" };
  switch (node.name) {
    case "String":
    case "ContinuedString":
      return readPythonText(source, node);
    case "Number":
      return readNumber(textOf(source, node));
    case "UnaryExpression":
      return childrenOf(node)[1]?.name === "Number" ? { kind: "other" } : unclear;
    case "ParenthesizedExpression": {
      const inner = childrenOf(node)[1];
      return inner === undefined ? unclear : readLiteral(source, inner, depth + 1);
    }
    case "DictionaryExpression":
      return readDict(source, node, depth);
    default:
      return unclear;
  }
}

/** Floats and imaginary numbers are of another kind; so is a whole number beyond what a double holds. */
function readNumber(text: string): Literal {
  const digits = text.replaceAll("_", "");
  const value = Number(digits);
  const isWhole = [...digits].every((digit) => digit >= "0" && digit <= "9") || /^0[xob]/i.test(digits);
  return isWhole && Number.isSafeInteger(value) ? { kind: "int", value } : { kind: "other" };
}

function readDict(source: PythonSource, node: PythonNode, depth: number): Literal {
  const parts = childrenOf(node).slice(1, -1);
  const items: (readonly [string, Literal])[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.name === "**") return unclear;
    if (part.name !== ":") continue;
    const [key, value] = [parts[index - 1], parts[index + 1]];
    if (key === undefined || value === undefined) return unclear;
    const name = readLiteral(source, key, depth + 1);
    if (name.kind !== "text") return unclear;
    items.push([name.value, readLiteral(source, value, depth + 1)]);
  }
  const isUnique = new Set(items.map(([name]) => name)).size === items.length;
  return isUnique ? { kind: "dict", items } : unclear;
}
