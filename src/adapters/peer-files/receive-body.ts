import type { Readable } from "node:stream";
import type { TakeBytes } from "../../agent/sync/peer-link.js";

/**
 * Hands over the body of an answer. Rejects when it breaks off or `take` fails, and then only when nothing is being taken any more:
 * the bytes may be on their way to a file.
 */
export function receiveBody(body: Readable, take: TakeBytes): Promise<void> {
  return new Promise((resolve, reject) => {
    let busy: Promise<unknown> = Promise.resolve();
    let state: "open" | "ended" = "open";
    const fail = (error: unknown): void => {
      if (state === "ended") return;
      state = "ended";
      body.destroy();
      void busy.then(() => reject(error));
    };
    body.on("data", (bytes: Uint8Array) => {
      if (state === "ended") return;
      const taking = take(bytes);
      if (taking === undefined) return;
      body.pause();
      busy = taking.then(() => void body.resume(), fail);
    });
    body.once("end", () => {
      if (state === "open") resolve();
      state = "ended";
    });
    body.once("error", fail);
    body.once("close", () => fail(new Error("the answer broke off")));
  });
}
