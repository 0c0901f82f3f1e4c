import { z } from "zod";
import type { ServingModel, Target } from "../route/serving-model.js";
import { type ApiError, badRequest, quoted, serverError } from "./api-error.js";
import type { AttemptFailure } from "./run-attempt.js";
import type { UpstreamError, UpstreamStatusError } from "./upstream.js";

/** Says to the client why there is no answer, without addresses and without exo's ids. */
export function failureToError(failure: AttemptFailure, model: ServingModel, target: Target): ApiError {
  switch (failure.kind) {
    case "told":
      return serverError(502, "upstream_error", `The model failed: ${publicWords(failure.message, model, target)}`);
    case "silent": {
      const afterSec = Math.round(failure.afterMs / 1_000);
      return serverError(504, "upstream_silent", `The model said nothing for ${afterSec} s.`);
    }
    case "cut-short":
      return serverError(502, "upstream_incomplete", "The model stopped in the middle of its answer.");
    case "malformed":
      return serverError(502, "upstream_malformed", "The model's answer could not be understood.");
    case "transport":
      return transportToError(failure.error, model, target);
    default:
      return failure satisfies never;
  }
}

function transportToError(error: UpstreamError, model: ServingModel, target: Target): ApiError {
  if (error.code === "upstream_status") return statusToError(error, model, target);
  if (error.code !== "ring_lost") return serverError(502, error.code, transportWords[error.code], retryAfterSec);
  return serverError(502, error.code, `The model lost a machine while it answered: ${error.reason}`, retryAfterSec);
}

const retryAfterSec = 5;

const transportWords = {
  upstream_unreachable: "The node that serves this model does not answer.",
  upstream_broken: "The connection to the model broke in the middle of its answer.",
  other_model: "exo answered with another model than the one that was asked for.",
} as const;

/** Whether another target could do better. A request that exo finds wrong is wrong everywhere. */
export function isWorthRetrying(failure: AttemptFailure): boolean {
  return failure.kind === "transport" ? failure.error.retryable : true;
}

function statusToError(error: UpstreamStatusError, model: ServingModel, target: Target): ApiError {
  const detail = readErrorDetail(error.body);
  const words = detail === undefined ? "" : `: ${publicWords(detail, model, target)}`;
  if (error.status === 404) {
    return serverError(503, "model_unavailable", "The model is not running on the node that was asked.", retryAfterSec);
  }
  if (error.status === 400 || error.status === 413 || error.status === 422) {
    return badRequest("upstream_rejected", `The model rejected the request${words}`);
  }
  return serverError(502, "upstream_status", `The model answered with status ${error.status}${words}`);
}

/** exo's id of the model is nothing that a client could use. */
const publicWords = (text: string, model: ServingModel, target: Target): string =>
  quoted(text.replaceAll(target.upstreamModel, model.name));

const errorBody = z.union([
  z.object({ error: z.object({ message: z.string() }) }).transform(({ error }) => error.message),
  z.object({ detail: z.string() }).transform(({ detail }) => detail),
  z
    .object({ detail: z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string() })).min(1) })
    .transform(({ detail }) => detail.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; ")),
]);

/** The sentence in an error of exo: its own shape, FastAPI's, or FastAPI's for validation. Plain text has none. */
function readErrorDetail(body: string): string | undefined {
  try {
    const parsed = errorBody.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // An uncaught exception in exo: "Internal Server Error".
    return undefined;
  }
}
