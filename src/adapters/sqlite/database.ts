import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Close } from "../../runtime/close-all.js";
import type { DatabaseAnswer, DatabaseCall, Row, Statement } from "./database-calls.js";

/** SQLite could not do what was asked. Nothing of that call has been written. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  /** @param code SQLite's own, such as `SQLITE_FULL` or `SQLITE_NOTADB` */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** One SQLite file, in a thread of its own: waiting for the disk delays nobody else. Calls are done one after the other. */
export interface Database {
  /** @throws DatabaseError */
  rows(statement: Statement): Promise<readonly Row[]>;
  /** All of them or none; resolves when they have reached the disk. @throws DatabaseError */
  write(statements: readonly Statement[]): Promise<void>;
  /** After whatever is under way. Its files are then one. */
  readonly close: Close;
}

interface Waiting {
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (error: Error) => void;
}

type Question<C = DatabaseCall> = C extends DatabaseCall ? Omit<C, "id"> : never;

/**
 * Opens the file, and makes it where there is none.
 *
 * @throws DatabaseError
 */
export async function openDatabase(file: string): Promise<Database> {
  const thread = new Worker(new URL("./database-thread.js", import.meta.url), { workerData: file });
  const waiting = new Map<number, Waiting>();
  let ended: Error | undefined;
  const failAll = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  thread.on("error", failAll);
  thread.on("exit", () => failAll(new DatabaseError("closed", "the database is closed")));
  const [opened] = (await once(thread, "message")) as [DatabaseAnswer];
  if (opened.kind === "failed") {
    await thread.terminate();
    throw new DatabaseError(opened.code, opened.message);
  }
  thread.on("message", (answer: DatabaseAnswer) => {
    if (answer.kind === "opened" || answer.id === "open") return;
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.kind === "done") call?.resolve(answer.rows);
    else call?.reject(new DatabaseError(answer.code, answer.message));
  });
  let asked = 0;
  const ask = (question: Question): Promise<readonly Row[]> =>
    new Promise((resolve, reject) => {
      if (ended !== undefined) return reject(ended);
      asked += 1;
      waiting.set(asked, { resolve, reject });
      thread.postMessage({ ...question, id: asked } satisfies DatabaseCall);
    });
  let closing: Promise<unknown> | undefined;
  return {
    rows: (statement) => ask({ kind: "rows", statement }),
    write: async (statements) => void (await ask({ kind: "write", statements })),
    close: async () => {
      if (ended !== undefined) return;
      if (closing === undefined) {
        closing = once(thread, "exit");
        thread.postMessage("close");
      }
      await closing;
    },
  };
}
