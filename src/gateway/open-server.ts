import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Logger } from "../runtime/logger.js";
import type { GatewayLimits } from "./gateway-settings.js";
import { answerBrokenRequest, refuseTunnel } from "./refuse-connection.js";
import { secureContextOf, type TlsMaterial } from "./tls/tls-material.js";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Longer than the usual 60 s of proxies, so that they close first and never write into a closed connection. */
const keepAliveMs = 65_000;
/** Until a TLS connection stands. */
const handshakeMs = 10_000;
/** How often Node looks for slow senders. */
const longestCheckMs = 5_000;

const optionsOf = ({ headersMs, requestMs }: GatewayLimits) => ({
  // Without a Host header, Node would answer in a shape of its own.
  requireHostHeader: false,
  headersTimeout: headersMs,
  requestTimeout: requestMs,
  connectionsCheckingInterval: Math.min(longestCheckMs, Math.ceil(headersMs / 3)),
});

/** A server that answers every request, however broken, in the shape of the API. It does not listen yet. */
export const createPlainServer = (limits: GatewayLimits, answer: Answer): Server =>
  ready(createServer(optionsOf(limits), answer));

/** The same over TLS; with authorities of clients, for those who have a certificate of theirs. */
export function createSecureServer(limits: GatewayLimits, tls: TlsMaterial, logger: Logger, answer: Answer): TlsServer {
  const options = {
    ...optionsOf(limits),
    ...secureContextOf(tls),
    handshakeTimeout: handshakeMs,
    requestCert: tls.clientCaPem !== undefined,
    rejectUnauthorized: true,
  };
  const server = ready(createTlsServer(options, answer));
  server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) =>
    logger.debug("TLS handshake failed", { source: socket.remoteAddress, code: error.code }),
  );
  return server;
}

function ready<AnyServer extends Server | TlsServer>(server: AnyServer): AnyServer {
  server.keepAliveTimeout = keepAliveMs;
  server.on("clientError", answerBrokenRequest);
  server.on("connect", refuseTunnel);
  return server;
}
