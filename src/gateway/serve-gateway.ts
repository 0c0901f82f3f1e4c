import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { ServingModel } from "../route/serving-model.js";
import type { Clock } from "../runtime/clock.js";
import type { Close } from "../runtime/close-all.js";
import type { Logger } from "../runtime/logger.js";
import { serverError } from "./api-error.js";
import { checkCaller } from "./check-caller.js";
import { closeServer } from "./close-server.js";
import { createId } from "./create-id.js";
import { findRoute } from "./find-route.js";
import { defaultLimits, type GatewayContext, type GatewayLimits } from "./gateway-settings.js";
import { checkListenHost, type ListenAddress, listen } from "./listen.js";
import { shuttingDown } from "./model-errors.js";
import { answerBrokenRequest, refuseTunnel } from "./refuse-connection.js";
import type { GivenUp, RequestContext } from "./request-context.js";
import { createRingTurns } from "./ring-turns.js";
import { sendError } from "./send-json.js";
import type { Upstream } from "./upstream.js";

export interface GatewayOptions {
  /** Loopback only, for as long as there are no keys. Port 0 takes any that is free. */
  readonly listen: ListenAddress;
  /** Read anew for every request. */
  readonly models: () => readonly ServingModel[];
  readonly upstream: Upstream;
  /** For rings of exo 0.0.x, which send no head before the first token. Default: as the others. */
  readonly ringUpstream?: Upstream;
  readonly clock: Clock;
  /** Uniform in 0 up to, not including, 1: for ids, and for the seed of a request that has none. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly limits?: Partial<GatewayLimits>;
}

export interface Gateway {
  readonly address: string;
  readonly port: number;
  /** Accepts nothing new, lets running answers finish for a while, then ends them. */
  readonly close: Close;
}

/** Slow senders: a request's headers must be there after this, the whole of it after the next. */
const headersDeadlineMs = 15_000;
const requestDeadlineMs = 120_000;
/** Longer than the usual 60 s of proxies, so that they close first and never write into a closed connection. */
const keepAliveMs = 65_000;

/**
 * Opens the gateway.
 *
 * @throws Problem `gateway_exposed`, `port_in_use`, `port_not_allowed` or `address_not_available`
 */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  checkListenHost(options.listen);
  const limits = { ...defaultLimits, ...options.limits };
  const gateway: GatewayContext = {
    models: options.models,
    upstream: options.upstream,
    ringUpstream: options.ringUpstream ?? options.upstream,
    rings: createRingTurns(options.clock, limits),
    clock: options.clock,
    random: options.random,
    logger: options.logger.child({ stage: "gateway" }),
    limits,
    outstanding: new Map(),
    openedAt: options.clock.now(),
  };
  const running = new Set<AbortController>();
  let state: "open" | "closing" = "open";
  const server = createServer(
    // Without a Host header, Node would answer in a shape of its own.
    { requireHostHeader: false, headersTimeout: headersDeadlineMs, requestTimeout: requestDeadlineMs },
    (request, response) => {
      const stop = new AbortController();
      running.add(stop);
      response.once("close", () => {
        running.delete(stop);
        if (state === "closing") server.closeIdleConnections();
      });
      void answerRequest(gateway, options.listen.host, () => state, stop, request, response);
    },
  );
  server.keepAliveTimeout = keepAliveMs;
  server.on("clientError", answerBrokenRequest);
  server.on("connect", refuseTunnel);
  const bound = await listen(server, options.listen);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    state = "closing";
    closing ??= closeServer(server, running, gateway);
    return closing;
  };
  return { ...bound, close };
}

/** Answers one request, whatever happens. Never rejects. */
async function answerRequest(
  gateway: GatewayContext,
  listenHost: string,
  state: () => "open" | "closing",
  stop: AbortController,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { clock, random, logger } = gateway;
  const startedAt = clock.now();
  const requestId = createId("req_", random);
  const context: RequestContext = { request, response, startedAt, signal: stop.signal, facts: {} };
  response.setHeader("x-request-id", requestId);
  if (state() === "closing") response.setHeader("connection", "close");
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
      ...context.facts,
    });
  });
  try {
    const refusal = checkCaller(request, listenHost) ?? (state() === "closing" ? shuttingDown : undefined);
    const error = refusal ?? (found.kind === "refused" ? found.error : undefined);
    if (error !== undefined) context.facts.error = error.code;
    if (refusal !== undefined) sendError(response, refusal);
    else if (found.kind === "refused") sendError(response, found.error, found.allow ? { allow: found.allow } : {});
    else await found.route.answer(gateway, context);
  } catch (error) {
    logger.error("request failed in the gateway", { requestId, error });
    if (response.headersSent) response.destroy();
    else sendError(response, serverError(500, "internal_error", `The gateway failed. Quote ${requestId}.`));
  }
}
