import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Close } from "../../runtime/close-all.js";

/** Lines in a file that is put aside when it is full: `name.jsonl`, and older ones as `name.1.jsonl` and so on. */
export interface LineSeries {
  readonly folder: string;
  readonly name: string;
  /** Most that one file takes. */
  readonly fileBytes: number;
  /** How many files there are at most; the oldest is then overwritten. */
  readonly files: number;
}

const fileOf = ({ folder, name }: LineSeries, age: number): string =>
  join(folder, age === 0 ? `${name}.jsonl` : `${name}.${age}.jsonl`);

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/**
 * Opens a series for its one writer. `append` resolves when the line is on the disk; lines are written one after the other. What
 * a full disk or a killed writer left of a line stays, and the next line begins on its own.
 */
export async function openLines(
  series: LineSeries,
): Promise<{ append(line: string): Promise<void>; readonly close: Close }> {
  let handle = await openLast(series);
  let last: Promise<unknown> = Promise.resolve();
  const write = async (line: string): Promise<void> => {
    const text = `${line}\n`;
    const { size } = await handle.stat();
    if (size > 0 && size + Buffer.byteLength(text) > series.fileBytes) handle = await putAside(series, handle);
    await handle.appendFile((await endsLine(handle)) ? text : `\n${text}`);
    await handle.datasync();
  };
  return {
    append: (line) => {
      const done = last.then(() => write(line));
      last = done.catch(() => {}); // told to whoever asked for it; the next one may have more luck
      return done;
    },
    close: async () => {
      await last;
      await handle.close();
    },
  };
}

/** `a+`: nothing that is there can be overwritten, and the end can be looked at. */
async function openLast(series: LineSeries): Promise<FileHandle> {
  const handle = await open(fileOf(series, 0), "a+", 0o600);
  await syncFolder(series.folder);
  return handle;
}

/** The next file is there before any older one loses its name: where it can't be made, nothing is lost. */
async function putAside(series: LineSeries, handle: FileHandle): Promise<FileHandle> {
  const draft = join(series.folder, `${series.name}.next.jsonl`);
  const next = await open(draft, "a+", 0o600);
  try {
    for (let age = series.files - 2; age >= 0; age -= 1)
      await rename(fileOf(series, age), fileOf(series, age + 1)).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    await rename(draft, fileOf(series, 0));
    await syncFolder(series.folder);
  } catch (error) {
    await next.close();
    throw error;
  }
  await handle.close();
  return next;
}

/** The names as well have to reach the disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function endsLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return true;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() === "\n";
}

/** Every line of a series, oldest first. A file that is not there has none. */
export async function* readLines(series: LineSeries): AsyncGenerator<string, void, undefined> {
  for (let age = series.files - 1; age >= 0; age -= 1)
    try {
      yield* (await open(fileOf(series, age), "r")).readLines();
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
}
