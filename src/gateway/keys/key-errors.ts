import { type ApiError, badRequest, quoted } from "../api-error.js";
import type { ApiKey } from "./api-key.js";

/*
 * What a client is told about its key. Never any part of the key's text, and not whether a key that is refused was ever good for
 * more than its holder can see.
 */

const createOne = "Whoever runs this gateway makes keys with `exoctl keys create`.";

export const keyMissing: ApiError = badRequest(
  "invalid_api_key",
  `This gateway asks for an API key. Send it as Authorization: Bearer or as x-api-key. ${createOne}`,
  null,
  401,
);
export const keyWrong: ApiError = badRequest("invalid_api_key", "This API key is not valid.", null, 401);
export const keyEnded = (state: "expired" | "revoked"): ApiError =>
  badRequest("invalid_api_key", `This API key is ${state}.`, null, 401);
export const keyAmbiguous: ApiError = badRequest(
  "ambiguous_api_key",
  "Send one API key, in one header: this request has several.",
);
export const schemeUnknown: ApiError = badRequest(
  "invalid_api_key",
  "Send the API key as Authorization: Bearer or as x-api-key.",
  null,
  401,
);
export const tooManyFailures = (retryAfterSec: number): ApiError => ({
  ...badRequest("too_many_failures", "Too many requests from your address had no valid API key.", null, 429),
  retryAfterSec,
});

export const scopeMissing = ({ scopes }: ApiKey): ApiError =>
  badRequest(
    "insufficient_scope",
    `This needs an API key with the scope models; this one has ${scopes.join(" and ")}.`,
    null,
    403,
  );
export const modelNotAllowed = (name: string): ApiError =>
  badRequest("model_not_allowed", `This API key may not use the model '${quoted(name)}'.`, "model", 403);
