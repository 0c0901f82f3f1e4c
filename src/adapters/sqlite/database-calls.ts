/** A value that SQLite keeps. */
export type SqlValue = string | number | null;

/** One statement with its values, in the order of its question marks. */
export interface Statement {
  readonly sql: string;
  readonly values?: readonly SqlValue[];
}

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, SqlValue>>;

/** What the thread is asked. Its answer has the same number. */
export type DatabaseCall =
  | { readonly kind: "rows"; readonly id: number; readonly statement: Statement }
  | { readonly kind: "write"; readonly id: number; readonly statements: readonly Statement[] };

/** `code` is SQLite's, such as `SQLITE_FULL`. */
export type DatabaseAnswer =
  | { readonly kind: "opened" }
  | { readonly kind: "done"; readonly id: number; readonly rows: readonly Row[] }
  | { readonly kind: "failed"; readonly id: number | "open"; readonly code: string; readonly message: string };
