import { childrenOf, type PythonNode, type PythonSource, textOf } from "./python-source.js";

/** Methods of a dict that only read. */
const readers = new Set([
  "get",
  "keys",
  "items",
  "values",
  "copy",
  "__contains__",
  "__getitem__",
  "__iter__",
  "__len__",
]);
const changers = new Set(["update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__", "__ior__"]);
/** Built-in functions that do not keep hold of what they are given. */
const readingCalls = new Set(
  "len list sorted dict set tuple frozenset iter enumerate any all print str repr bool isinstance max min reversed type".split(
    " ",
  ),
);
/** Where a bare name is only read. */
const readingParents = new Set(
  (
    "BinaryExpression UnaryExpression ConditionalExpression ReturnStatement FormatReplacement IfStatement WhileStatement " +
    "AssertStatement ExpressionStatement"
  ).split(" "),
);

/**
 * The first place where code changes what `name` stands for, or hands it to code that might: another assignment, an item set
 * or deleted, `update` and the like, an alias, an unknown function.
 *
 * @param definition the name in the one assignment that does not count
 */
export function findChangingUse(
  source: PythonSource,
  name: string,
  definition: PythonNode | undefined,
): PythonNode | undefined {
  let found: PythonNode | undefined;
  source.tree.iterate({
    enter: ({ node }) => {
      if (found !== undefined) return false;
      if (isStarImport(node) && node.from > (definition?.from ?? Number.POSITIVE_INFINITY)) found = node;
      if (node.name !== "VariableName" || node.from === definition?.from || textOf(source, node) !== name) return true;
      if (!isRead(source, node)) found = node;
      return true;
    },
  });
  return found;
}

/** It may bring a name of its own. */
const isStarImport = (node: PythonNode): boolean =>
  node.name === "ImportStatement" && childrenOf(node).some((child) => child.name === "*");

function isRead(source: PythonSource, node: PythonNode): boolean {
  const { parent, prevSibling } = node;
  if (parent === null) return false;
  if (parent.name === "MemberExpression" && isFirst(node)) return isMemberRead(source, parent);
  if (parent.name === "MemberExpression" || readingParents.has(parent.name)) return true;
  if (parent.name === "ForStatement" || parent.name.endsWith("ComprehensionExpression"))
    return prevSibling?.name === "in";
  if (parent.name === "DictionaryExpression") return prevSibling?.name === "**";
  if (parent.name !== "ArgList") return false;
  const callee = parent.parent?.firstChild;
  return callee?.name === "VariableName" && readingCalls.has(textOf(source, callee));
}

const isFirst = (node: PythonNode): boolean => node.prevSibling === null;

/** Climbs `name[..].x(..)[..]` to its end and looks at what is done with it. */
function isMemberRead(source: PythonSource, first: PythonNode): boolean {
  const own = memberName(source, first);
  if (own !== undefined && !readers.has(own)) return false;
  let node = first;
  for (;;) {
    if (node.name === "MemberExpression" && changers.has(memberName(source, node) ?? "")) return false;
    const { parent } = node;
    if (parent === null || !isFirst(node) || !(parent.name === "MemberExpression" || parent.name === "CallExpression"))
      break;
    node = parent;
  }
  return !isTarget(node);
}

/** `x` of `name.x`; undefined for a subscript. */
function memberName(source: PythonSource, member: PythonNode): string | undefined {
  const property = member.lastChild;
  return property?.name === "PropertyName" ? textOf(source, property) : undefined;
}

/** Whether a statement stores into, or deletes, what this expression stands for. */
function isTarget(node: PythonNode): boolean {
  let child = node;
  while (child.parent !== null && ["TupleExpression", "ArrayExpression"].includes(child.parent.name))
    child = child.parent;
  const statement = child.parent;
  if (statement === null) return false;
  if (statement.name === "DeleteStatement") return true;
  if (statement.name === "UpdateStatement") return isFirst(child);
  if (statement.name === "ForStatement") return child.prevSibling?.name !== "in";
  if (statement.name === "WithStatement") return child.prevSibling?.name === "as";
  if (statement.name !== "AssignStatement") return false;
  for (let next = child.nextSibling; next !== null; next = next.nextSibling) if (next.name === "AssignOp") return true;
  return false;
}
