import type { ResolvedModel } from "../route/resolve-model.js";
import type { ServingModel } from "../route/serving-model.js";
import { type ApiError, badRequest, quoted, serverError } from "./api-error.js";
import type { Caller } from "./door/caller.js";
import { mayAskFor } from "./door/caller.js";

/** The name means nothing here. Says what does, as far as the caller may know. */
export function modelUnknown(name: string, unknown: ResolvedModel & { kind: "unknown" }, caller: Caller): ApiError {
  const available = unknown.available.filter((each) => mayAskFor(caller, each));
  const suggestion = available.find((each) => each === unknown.suggestion);
  const offered =
    available.length === 0 ? "This cluster serves no model yet." : `This cluster serves: ${available.join(", ")}.`;
  const guess = suggestion === undefined ? "" : ` Did you mean '${suggestion}'?`;
  const message = `The model '${quoted(name)}' does not exist. ${offered}${guess}`;
  return badRequest("model_not_found", message, "model", 404);
}

const loadingRetryAfterSec = 5;
const unavailableRetryAfterSec = 30;

/** The model is known and nobody can answer for it now. */
export function modelNotReady(model: ServingModel): ApiError {
  const reason = model.reason === undefined ? "" : `: ${model.reason}`;
  return model.state === "unavailable"
    ? serverError(
        503,
        "model_unavailable",
        `The model '${model.name}' is not available${reason}`,
        unavailableRetryAfterSec,
      )
    : serverError(503, "model_loading", `The model '${model.name}' is not ready yet${reason}`, loadingRetryAfterSec);
}

/** Another gateway, or this one after its restart, may answer. */
export const shuttingDown: ApiError = serverError(503, "shutting_down", "The gateway is shutting down.", 5);
