import type { ModelFiles } from "../models/inspect/model-files.js";

/** Looking at a model took longer, or read more, than any real model needs. */
export class InspectionLimitError extends Error {
  override readonly name = "InspectionLimitError";
}

/**
 * The same files, of which only so much is read in all, and only until the signal aborts.
 *
 * All of it rejects with `InspectionLimitError` once a limit is reached.
 */
export function boundedFiles(
  files: ModelFiles,
  { signal, mostBytes }: { readonly signal: AbortSignal; readonly mostBytes: number },
): ModelFiles {
  let readBytes = 0;
  const inTime = async <T>(work: () => Promise<T>): Promise<T> => {
    if (signal.aborted) throw tooLong();
    let giveUp = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      giveUp = () => reject(tooLong());
      signal.addEventListener("abort", giveUp, { once: true });
    });
    try {
      // A disk that hangs keeps its call for ever; whoever asked does not have to wait with it.
      return await Promise.race([work(), aborted]);
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  };
  return {
    names: () => inTime(() => files.names()),
    look: (path) => inTime(() => files.look(path)),
    read: (path, start, length) => {
      readBytes += length;
      if (readBytes > mostBytes)
        return Promise.reject(new InspectionLimitError("its index and headers are larger than any model's"));
      return inTime(() => files.read(path, start, length));
    },
  };
}

const tooLong = (): InspectionLimitError => new InspectionLimitError("its files could not be read in time");
