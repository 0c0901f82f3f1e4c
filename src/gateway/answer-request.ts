import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import { type ApiError, serverError } from "./api-error.js";
import { createId } from "./create-id.js";
import type { Caller } from "./door/caller.js";
import { crossOriginHeaders, preflightHeaders } from "./door/cross-origin.js";
import type { IdentifyCaller } from "./door/identify-caller.js";
import { type FoundRoute, findRoute } from "./find-route.js";
import type { GatewayContext } from "./gateway-settings.js";
import { shuttingDown } from "./model-errors.js";
import type { GivenUp, RequestContext, RequestFacts } from "./request-context.js";
import { sendError } from "./send-json.js";

/** What answering depends on beside the request. */
export interface AnswerDeps {
  readonly gateway: GatewayContext;
  readonly identify: IdentifyCaller;
  /** Origins whose pages may read answers. */
  readonly origins: readonly string[];
  readonly state: () => "open" | "closing";
}

/** How long the end of an answer may take to reach a client whose key was revoked. */
const goodbyeMs = 1_000;

/** Answers one request, whatever happens. Never rejects. @param stop aborted by whoever ends the request early */
export async function answerRequest(
  deps: AnswerDeps,
  stop: AbortController,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { clock, random, logger } = deps.gateway;
  const startedAt = clock.now();
  const requestId = createId("req_", random);
  const facts: RequestFacts = { ...certificateOf(request) };
  response.setHeader("x-request-id", requestId);
  if (deps.state() === "closing") response.setHeader("connection", "close");
  const found = findRoute(request.method ?? "", request.url ?? "");
  response.on("error", (error) =>
    logger.debug("response failed", { requestId, code: (error as { code?: string }).code }),
  );
  response.once("close", () => {
    if (!response.writableFinished) stop.abort("client-gone" satisfies GivenUp);
    logger.debug("request", {
      requestId,
      route: found.kind === "route" ? found.route.name : "none",
      method: request.method,
      status: response.headersSent ? response.statusCode : undefined,
      outcome: response.writableFinished ? "answered" : "client gone",
      durationMs: clock.now() - startedAt,
      ...facts,
    });
  });
  try {
    await respond(deps, found, stop, { request, response, startedAt, signal: stop.signal, facts });
  } catch (error) {
    logger.error("request failed in the gateway", { requestId, error });
    if (response.headersSent) response.destroy();
    else sendError(response, serverError(500, "internal_error", `The gateway failed. Quote ${requestId}.`));
  }
}

async function respond(
  { gateway, identify, origins, state }: AnswerDeps,
  found: FoundRoute,
  stop: AbortController,
  context: Omit<RequestContext, "caller">,
): Promise<void> {
  const { request, response, facts } = context;
  const refuse = (error: ApiError, extra = {}): void => {
    facts.error = error.code;
    sendError(response, error, extra);
  };
  response.setHeaders(new Map(Object.entries(crossOriginHeaders(request, origins))));
  const preflight = preflightHeaders(request, origins);
  // A browser's question comes without a key; what does not exist is told to nobody without one.
  const access = found.kind === "route" ? found.route.access : "models";
  const identified = identify(request, preflight === undefined ? access : "everybody");
  if (identified.kind === "refused") return refuse(identified.error);
  if (preflight !== undefined) return void response.writeHead(204, preflight).end();
  if (state() === "closing") return refuse(shuttingDown);
  const { caller } = identified;
  if (caller.kind === "key") endWithKey(gateway, caller, stop, response);
  if (caller.kind !== "local" && caller.kind !== "stranger")
    facts.key = caller.kind === "key" ? caller.key.id : "owner";
  if (found.kind === "refused") return refuse(found.error, found.allow ? { allow: found.allow } : {});
  await found.route.answer(gateway, { ...context, caller });
}

/** Ends the request as soon as its key is revoked, with a word to the client if it listens. */
function endWithKey(
  { keys, clock }: GatewayContext,
  { key }: Caller & { kind: "key" },
  stop: AbortController,
  response: ServerResponse,
): void {
  const over = new AbortController();
  const leave = keys?.enter(key.id, () => {
    stop.abort("key-revoked" satisfies GivenUp);
    clock.sleep(goodbyeMs, over.signal).then(
      () => response.destroy(),
      () => {}, // it ended by itself
    );
  });
  response.once("close", () => {
    over.abort();
    leave?.();
  });
}

/** Whom the client's certificate names, as `CN=..., O=...`. */
function certificateOf({ socket }: IncomingMessage): Pick<RequestFacts, "certificate"> {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  return certificate === undefined ? {} : { certificate: certificate.subject.replaceAll("\n", ", ") };
}
