import type { ClassicRefusal } from "../../cluster/classic-refusal.js";
import { findChangingUse } from "./dict-uses.js";
import { childrenOf, type PythonNode, type PythonSource, textOf } from "./python-source.js";

/** The dict literal that is all there is to a name of the module, or why there is none that could be edited. */
export type FoundDict =
  | { readonly kind: "dict"; readonly node: PythonNode }
  | { readonly kind: "refusal"; readonly refusal: ClassicRefusal };

/** The statements that run at import whatever happens. */
function* topStatements(source: PythonSource): Generator<PythonNode> {
  for (const statement of childrenOf(source.tree.topNode)) {
    if (statement.name === "StatementGroup") yield* childrenOf(statement);
    else yield statement;
  }
}

/** `name = value` or `name: type = value`, and nothing more than that. */
function readDefinition(source: PythonSource, statement: PythonNode, name: string) {
  if (statement.name !== "AssignStatement") return undefined;
  const [target, ...others] = childrenOf(statement);
  if (target?.name !== "VariableName" || textOf(source, target) !== name) return undefined;
  const [assign, value, ...further] = others[0]?.name === "TypeDef" ? others.slice(1) : others;
  if (assign?.name !== "AssignOp" || value === undefined || further.length > 0) return undefined;
  return { target, value: withoutParentheses(value) };
}

function withoutParentheses(node: PythonNode): PythonNode {
  let inner = node;
  while (inner.name === "ParenthesizedExpression") {
    const next = childrenOf(inner)[1];
    if (next === undefined) return inner;
    inner = next;
  }
  return inner;
}

/** Finds the one literal dict of this name. Everything that could change it after its literal is a reason to leave it alone. */
export function findDict(source: PythonSource, name: string): FoundDict {
  const definitions = [...topStatements(source)]
    .map((statement) => readDefinition(source, statement, name))
    .filter((definition) => definition !== undefined);
  const [definition] = definitions;
  const isLiteral = definition?.value.name === "DictionaryExpression";
  const use = findChangingUse(source, name, definition?.target);
  if (definition === undefined && use === undefined) return { kind: "refusal", refusal: missing(name) };
  if (definition !== undefined && isLiteral && use === undefined) return { kind: "dict", node: definition.value };
  const at = isLiteral || definition === undefined ? use?.from : definition.value.from;
  return { kind: "refusal", refusal: builtByCode(name, source.lineOf(at ?? 0)) };
}

const missing = (name: string): ClassicRefusal => ({
  code: "dict_missing",
  message: `the file defines no \`${name}\``,
  fix: "Name the models.py of an exo 0.0.x; other versions keep their models elsewhere.",
});

const builtByCode = (name: string, line: number): ClassicRefusal => ({
  code: "built_by_code",
  message: `\`${name}\` is not just a literal: line ${line} makes or changes it by code`,
  fix: "Write the entry there by hand, or make it a plain dict again.",
  line,
});
