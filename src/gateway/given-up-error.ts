import type { ApiError } from "./api-error.js";
import { keyEnded } from "./keys/key-errors.js";
import { shuttingDown } from "./model-errors.js";
import type { GivenUp } from "./request-context.js";

/** What a client is told of a request that was given up: nothing where it was the client itself. */
export function givenUpError(signal: AbortSignal): ApiError | undefined {
  const reason = signal.reason as GivenUp;
  switch (reason) {
    case "closing":
      return shuttingDown;
    case "key-revoked":
      return keyEnded("revoked");
    case "client-gone":
      return undefined;
    default:
      return reason satisfies never;
  }
}
