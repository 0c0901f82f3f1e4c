import type { ServerResponse } from "node:http";
import type { FileRange, SharedModel } from "../../agent/sync/shared-models.js";

/**
 * Sends a range of a file, no faster than the limit allows.
 *
 * @param buffer filled again and again, each time when the last of it has gone
 * @param settle told whether all of it went out
 */
export async function sendRange(
  model: SharedModel,
  { fileIndex, start, end }: FileRange,
  buffer: Buffer,
  settle: (outcome: "sent" | "broken") => void,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort(new Error("the reader has gone"));
  response.once("close", onClose);
  let outcome: "sent" | "broken" = "broken";
  try {
    const file = await model.open(fileIndex);
    try {
      response.writeHead(206, { "content-type": "application/octet-stream", "content-length": end - start });
      for (let position = start; position < end; ) {
        const wanted = Math.min(buffer.length, model.limit.sliceBytes, end - position);
        await model.limit.take(wanted, gone.signal);
        const count = await file.read(buffer.subarray(0, wanted), position);
        if (count === 0) throw new Error("the file has become shorter");
        await write(response, buffer.subarray(0, count), gone.signal);
        model.countSent(count);
        position += count;
      }
    } finally {
      await file.close();
    }
    outcome = "sent";
    response.off("close", onClose);
    response.end();
  } finally {
    settle(outcome);
  }
}

/** Resolves when the bytes have left this process and their buffer may be used again. */
function write(response: ServerResponse, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const leave = (): void => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    response.write(bytes, (error) => {
      signal.removeEventListener("abort", leave);
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });
}
