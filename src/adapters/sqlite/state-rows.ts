import type { Row, Statement } from "./database-calls.js";
import type { StateDocument } from "./state-document.js";

/**
 * One table: a row for each thing that is kept, as JSON. It is read whole at the start and checked by `documentSchema`, so that
 * columns of their own would only say the same once more.
 */
export const createFacts: Statement = {
  sql: "CREATE TABLE facts (kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, id))",
};

/** In the order in which they came. */
export const readFacts: Statement = { sql: "SELECT kind, json FROM facts ORDER BY rowid" };

interface Fact {
  readonly kind: string;
  readonly id: string;
  readonly json: string;
}

/** Lists of the document, and what tells their items apart. */
const lists = {
  members: ({ agentId }: StateDocument["members"][number]) => agentId,
  tokens: ({ id }: StateDocument["tokens"][number]) => id,
  keys: ({ id }: NonNullable<StateDocument["keys"]>[number]) => id,
  addedModels: ({ entry }: NonNullable<StateDocument["addedModels"]>[number]) => entry.modelId,
} as const satisfies { readonly [K in keyof StateDocument]?: (item: never) => string };

type ListName = keyof typeof lists;

/** Generations stay when newer ones come; the last one is the one that is desired. */
const generationKind = "generations";

const fact = (kind: string, id: string, value: unknown): Fact => ({ kind, id, json: JSON.stringify(value) });

const factsOfList = <N extends ListName>(document: StateDocument, name: N): readonly Fact[] =>
  (document[name] ?? []).map((item) => fact(name, lists[name](item as never), item));

function factsOf(document: StateDocument): readonly Fact[] {
  const { desired, ...rest } = document;
  return [
    ...Object.entries(rest).flatMap(([name, value]) =>
      name in lists ? factsOfList(document, name as ListName) : [fact(name, "", value)],
    ),
    ...(desired === undefined ? [] : [fact(generationKind, String(desired.generation), desired)]),
  ];
}

const keyOf = ({ kind, id }: Fact): string => `${kind} ${id}`;

/** What has to be written so that the file says `after` where it says `before`. */
export function changesBetween(before: StateDocument | undefined, after: StateDocument): readonly Statement[] {
  const old = new Map((before === undefined ? [] : factsOf(before)).map((item) => [keyOf(item), item]));
  const put = factsOf(after).filter((item) => old.get(keyOf(item))?.json !== item.json);
  const kept = new Set(factsOf(after).map(keyOf));
  const gone = [...old.values()].filter((item) => item.kind !== generationKind && !kept.has(keyOf(item)));
  return [
    ...put.map(({ kind, id, json }) => ({
      sql: "INSERT INTO facts (kind, id, json) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json",
      values: [kind, id, json],
    })),
    ...gone.map(({ kind, id }) => ({ sql: "DELETE FROM facts WHERE kind = ? AND id = ?", values: [kind, id] })),
  ];
}

/** The document as the rows say, to be checked. @throws SyntaxError where a row is no JSON */
export function documentIn(rows: readonly Row[]): unknown {
  const document: Record<string, unknown> = { members: [], tokens: [] };
  for (const { kind, json } of rows) {
    const name = String(kind);
    const value: unknown = JSON.parse(String(json));
    if (name === generationKind) document.desired = value;
    else if (name in lists) document[name] = [...((document[name] as unknown[] | undefined) ?? []), value];
    else document[name] = value;
  }
  return document;
}
