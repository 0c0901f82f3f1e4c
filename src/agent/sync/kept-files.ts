import type { OpenFile } from "./model-disk.js";

/** So many files stay open for the next range: far below what macOS lets a service open. */
const mostKept = 32;

interface Kept {
  readonly file: Promise<OpenFile>;
  users: number;
}

/** Files of one model that stay open between ranges: a reader asks for thousands of them. */
export interface KeptFiles {
  /** Closing what this resolves with leaves the file to the next one who asks for it. */
  open(fileIndex: number): Promise<OpenFile>;
  /** Closes every file, at once or when its last user is done. */
  end(): Promise<void>;
}

export function keepFilesOpen(open: (fileIndex: number) => Promise<OpenFile>): KeptFiles {
  const kept = new Map<number, Kept>();
  let state: "open" | "ended" = "open";
  const drop = async (fileIndex: number, item: Kept): Promise<void> => {
    if (kept.get(fileIndex) === item) kept.delete(fileIndex);
    await item.file.then((file) => file.close()).catch(() => undefined); // opened to read only: nothing is lost
  };
  const dropIdle = async (most: number): Promise<void> => {
    for (const [fileIndex, item] of kept) if (kept.size > most && item.users === 0) await drop(fileIndex, item);
  };
  const take = (fileIndex: number): Kept => {
    const item = kept.get(fileIndex) ?? { file: open(fileIndex), users: 0 };
    item.users += 1;
    // The one that was used last stays longest.
    kept.delete(fileIndex);
    kept.set(fileIndex, item);
    return item;
  };
  return {
    open: async (fileIndex) => {
      const item = take(fileIndex);
      try {
        const file = await item.file;
        return {
          read: file.read,
          close: async () => {
            item.users -= 1;
            await dropIdle(state === "open" ? mostKept : 0);
          },
        };
      } catch (error) {
        item.users -= 1;
        if (kept.get(fileIndex) === item) kept.delete(fileIndex);
        throw error;
      }
    },
    end: async () => {
      state = "ended";
      await dropIdle(0);
    },
  };
}
