import type { ResultRequest } from "./ring-calls.js";
import type { RingRequests } from "./ring-requests.js";

/** The tokens of one request, as its API node hears them. */
export interface TokenQueue {
  /** Goes on until `close`: a ring that has lost a node simply says nothing more. */
  readonly results: AsyncIterable<ResultRequest>;
  close(): void;
}

/** Listens from now on; nothing is lost between the prompt and the first look. */
export function createTokenQueue(requests: RingRequests, requestId: string): TokenQueue {
  const waiting: ResultRequest[] = [];
  let isClosed = false;
  let wake: () => void = () => {};
  const stop = requests.onResult((result) => {
    if (result.requestId !== requestId) return;
    waiting.push(result);
    wake();
  });
  async function* take(): AsyncGenerator<ResultRequest> {
    while (!isClosed) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  return {
    results: take(),
    close: () => {
      isClosed = true;
      stop();
      wake();
    },
  };
}
