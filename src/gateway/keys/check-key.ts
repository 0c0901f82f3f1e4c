import type { AttemptLimit } from "../../runtime/attempt-limit.js";
import type { Clock } from "../../runtime/clock.js";
import type { Logger } from "../../runtime/logger.js";
import type { ApiError } from "../api-error.js";
import { type ApiKey, keyState } from "./api-key.js";
import type { FindKey } from "./find-key.js";
import { keyAmbiguous, keyEnded, keyMissing, keyWrong, schemeUnknown, tooManyFailures } from "./key-errors.js";
import { type Credentials, readCredentials } from "./read-credentials.js";

/** The key that a request came with, or the answer to it. */
export type CheckedKey =
  | { readonly kind: "key"; readonly key: ApiKey }
  | { readonly kind: "refused"; readonly error: ApiError };

/** @param source whom a failure is counted for, as `sourceOf` tells it */
export type CheckKey = (headers: NodeJS.Dict<string[]>, source: string) => CheckedKey;

export interface CheckKeyDeps {
  readonly find: FindKey;
  readonly attempts: AttemptLimit;
  readonly clock: Clock;
  readonly logger: Logger;
}

const retryAfterSec = 60;

/**
 * Whether a request shows a key that is good now. Failures are counted by source: beyond the limit they are answered 429 and no
 * longer logged. A good key gets in all the same. Its 256 bits can't be guessed at any rate, and a limit that shut out
 * everybody behind one address would be a weapon for anybody behind it.
 */
export function createCheckKey({ find, attempts, clock, logger }: CheckKeyDeps): CheckKey {
  return (headers, source) => {
    const credentials = readCredentials(headers);
    const key = credentials.kind === "text" ? find(credentials.text) : undefined;
    const state = key === undefined ? undefined : keyState(key, clock.now());
    if (key !== undefined && state === "active") return { kind: "key", key };
    if (!attempts.allows(source)) return { kind: "refused", error: tooManyFailures(retryAfterSec) };
    const error = state === undefined || state === "active" ? refusalOf(credentials) : keyEnded(state);
    // Clients that know of no key ask once without one.
    if (credentials.kind !== "none") {
      attempts.noteFailure(source);
      logger.warn("key refused", { source, reason: state ?? credentials.kind, ...(key ? { key: key.id } : {}) });
    }
    return { kind: "refused", error };
  };
}

function refusalOf({ kind }: Credentials): ApiError {
  switch (kind) {
    case "text":
      return keyWrong;
    case "none":
      return keyMissing;
    case "other-scheme":
      return schemeUnknown;
    case "ambiguous":
      return keyAmbiguous;
    default:
      return kind satisfies never;
  }
}
