import { parentPort, workerData } from "node:worker_threads";
import Database from "libsql";
import type { DatabaseAnswer, DatabaseCall, Row, Statement } from "./database-calls.js";

/** What is written has reached the disk when the commit returns, also on macOS, whose plain `fsync` stops at the drive's cache. */
const settings = ["synchronous = FULL", "fullfsync = ON", "busy_timeout = 5000"];

const port = parentPort;
if (port === null) throw new Error("database-thread runs in a worker thread only");
const answer = (message: DatabaseAnswer): void => port.postMessage(message);

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
const fail = (id: number | "open", error: unknown): void =>
  answer({ kind: "failed", id, code: codeOf(error), message: error instanceof Error ? error.message : String(error) });

function open(file: string): Database.Database {
  const database = new Database(file);
  for (const setting of settings) database.pragma(setting);
  return database;
}

function serve(database: Database.Database): void {
  const run = ({ sql, values = [] }: Statement): unknown => database.prepare(sql).run(...values);
  const writeAll = (statements: readonly Statement[]): void => {
    database.exec("BEGIN IMMEDIATE");
    try {
      for (const statement of statements) run(statement);
      database.exec("COMMIT");
    } catch (error) {
      // Where the disk was full SQLite has rolled back by itself, and would only say so in place of why.
      if (database.inTransaction) database.exec("ROLLBACK");
      throw error;
    }
  };
  port?.on("message", (call: DatabaseCall | "close") => {
    if (call === "close") {
      database.close();
      port.close();
      return;
    }
    try {
      if (call.kind === "write") writeAll(call.statements);
      const rows =
        call.kind === "rows"
          ? database
              .prepare(call.statement.sql)
              .raw(false)
              .all(...(call.statement.values ?? []))
          : [];
      answer({ kind: "done", id: call.id, rows: rows as Row[] });
    } catch (error) {
      fail(call.id, error);
    }
  });
}

try {
  serve(open(String(workerData)));
  answer({ kind: "opened" });
} catch (error) {
  fail("open", error);
}
