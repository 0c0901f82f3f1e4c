import { pickTarget } from "../route/pick-target.js";
import { resolveModel } from "../route/resolve-model.js";
import type { ServingModel } from "../route/serving-model.js";
import { admitCaller } from "./admit-caller.js";
import type { ApiError } from "./api-error.js";
import { attemptChat, type ChatJob, identityOf } from "./attempt-chat.js";
import { createId } from "./create-id.js";
import { mayAskFor } from "./door/caller.js";
import { failureToError, isWorthRetrying } from "./failure-to-error.js";
import type { GatewayContext } from "./gateway-settings.js";
import { givenUpError } from "./given-up-error.js";
import { modelNotAllowed } from "./keys/key-errors.js";
import { createTokenMeter } from "./keys/meter-answer.js";
import { modelNotReady, modelUnknown } from "./model-errors.js";
import { parseChatRequest } from "./parse-chat-request.js";
import { queueForRing } from "./queue-for-ring.js";
import { readJsonBody } from "./read-body.js";
import type { RequestContext } from "./request-context.js";
import { sendError } from "./send-json.js";
import { failStream } from "./stream-answer.js";
import type { Upstream, UpstreamError } from "./upstream.js";
import { settleUpstream } from "./upstream-body.js";

/** How often a request is sent before the client is told that it failed. */
const maxAttempts = 2;

/** `POST /v1/chat/completions`. */
export async function answerChat(gateway: GatewayContext, context: RequestContext): Promise<void> {
  const body = await readJsonBody(context.request, gateway.limits.bodyBytes);
  if (body.kind === "gone") return;
  if (body.kind === "refused") return refuse(context, body.error);
  const parsed = parseChatRequest(body.bytes);
  if (parsed.kind === "refused") return refuse(context, parsed.error);
  const { request } = parsed;
  const resolved = resolveModel(request.model, gateway.models());
  const known = resolved.kind === "model" ? resolved.model.name : undefined;
  if (!mayAskFor(context.caller, request.model, known)) return refuse(context, modelNotAllowed(request.model));
  if (resolved.kind === "unknown") return refuse(context, modelUnknown(request.model, resolved, context.caller));
  context.facts.model = resolved.model.name;
  context.facts.answerAs = request.answerAs;
  const admission = admitCaller(gateway, context);
  if (admission.kind === "refused") return refuse(context, admission.error);
  const meter = createTokenMeter(body.bytes.length);
  const job = { gateway, context, request, meter };
  try {
    if (resolved.model.ring === undefined) await answerFrom(resolved.model, job, gateway.upstream);
    else await answerFromRing(resolved.model, job);
  } finally {
    admission.leave(meter);
  }
}

/** Takes its turn at a ring of exo 0.0.x, which answers one request at a time. */
async function answerFromRing(model: ServingModel, job: ChatJob): Promise<void> {
  const { gateway, context } = job;
  // Rejects only when there is nobody left to answer, or no time.
  const place = await queueForRing(model, gateway, context.signal).catch(() => undefined);
  if (place === undefined) return fail(job, givenUpError(context.signal));
  if (place.kind === "refused") return fail(job, place.error);
  try {
    await answerFrom(model, job, place.upstream);
  } finally {
    place.leave();
  }
}

/** Tries targets until one has begun to answer; from then on, its failure is the client's. */
async function answerFrom(model: ServingModel, job: ChatJob, upstream: Upstream): Promise<void> {
  const { gateway, context, request } = job;
  const settings = settleUpstream(request, model, gateway.random);
  const id = createId("chatcmpl-", gateway.random);
  const tried = new Set<string>();
  let lastError: ApiError | undefined;
  while (tried.size < maxAttempts) {
    // Looked up again for each attempt: what has failed may be gone by now, and something else may have come.
    const now = resolveModel(model.name, gateway.models());
    const current = now.kind === "model" ? now.model : model;
    const target = current.state === "ready" ? pickTarget(current.targets, gateway.outstanding, tried) : undefined;
    if (target === undefined) return fail(job, lastError ?? modelNotReady(current));
    tried.add(target.id);
    context.facts.target = target.id;
    context.facts.attempts = tried.size;
    const outcome = await attemptChat(target, upstream, settings, identityOf(id, model, target, context), job);
    if (outcome.kind === "finished") return;
    if (outcome.kind === "aborted") return fail(job, givenUpError(context.signal));
    lastError = failureToError(outcome.failure, model, target);
    gateway.logger.warn("target failed", {
      model: model.name,
      target: target.id,
      failure: outcome.failure.kind,
      code: lastError.code,
      ...(outcome.failure.kind === "transport" ? { cause: causeOf(outcome.failure.error) } : {}),
      tokens: outcome.tokens,
    });
    if (outcome.tokens === "some" || !isWorthRetrying(outcome.failure)) break;
  }
  if (lastError !== undefined) fail(job, lastError);
}

/** In words of the network. What exo wrote is left out: it may quote the prompt. */
const causeOf = (error: UpstreamError): string =>
  error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;

function refuse(context: RequestContext, error: ApiError): void {
  context.facts.error = error.code;
  sendError(context.response, error);
}

/** Tells the error by status, or as an event where the stream has begun. Nothing where nobody is left to be told. */
function fail({ context }: ChatJob, error: ApiError | undefined): void {
  const { response } = context;
  if (error === undefined) return;
  context.facts.error = error.code;
  if (response.headersSent) failStream(response, error);
  else sendError(response, error);
}
