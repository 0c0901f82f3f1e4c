import fc from "fast-check";

type Path = readonly (string | number)[];

/** Places in a JSON value, the value itself included. */
function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, item]) =>
    pathsIn(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inner];
}

const oddValue = fc.oneof(
  fc.constantFrom<unknown>(null, true, "", "0", "ok", -1, -0, 1.5, 2 ** 31, 2 ** 53, 1e308, [], {}, [[]], { a: 1 }),
  fc.constantFrom<unknown>(
    "x".repeat(100_000),
    // Shared by all answers, so a further change must not go inside.
    Object.freeze(Array.from({ length: 5_000 }, () => 0)),
    deep(200),
  ),
  fc.constant(JSON.parse('{"__proto__": {"memory": 1}, "constructor": 1, "toString": 2}')),
  fc.integer(),
  fc.string(),
);

function deep(levels: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < levels; level += 1) value = { nodes: value };
  return value;
}

const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("set" as const), value: oddValue }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("twice" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rename" as const), key: fc.string() }) },
);

/** A copy of a JSON value with one to three changes: other values, missing, repeated and renamed members. */
export const mutated = (original: unknown): fc.Arbitrary<unknown> =>
  fc
    .array(fc.tuple(fc.constantFrom(...pathsIn(original)), change), { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((value, [path, how]) => changeAt(value, path, how), structuredClone(original)));

function changeAt(root: unknown, path: Path, how: { kind: string; value?: unknown; key?: string }): unknown {
  const last = path.at(-1);
  if (last === undefined) return how.kind === "set" ? how.value : root;
  let holder = root as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) {
    holder = holder?.[key] as Record<string | number, unknown>;
    if (typeof holder !== "object" || holder === null) return root; // an earlier change took it away
  }
  if (typeof holder !== "object" || holder === null || !Object.hasOwn(holder, last)) return root;
  if (Object.isFrozen(holder)) return root;
  const before = holder[last];
  if (how.kind === "set") holder[last] = how.value;
  else if (how.kind === "twice" && Array.isArray(holder)) holder.push(structuredClone(before));
  else if (how.kind === "twice") holder[`${last}2`] = structuredClone(before);
  else delete holder[last];
  if (how.kind === "rename")
    Object.defineProperty(holder, how.key ?? "", {
      value: before,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return root;
}
