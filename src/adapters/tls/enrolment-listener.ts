import { once, setMaxListeners } from "node:events";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { channelBindingBytes, channelBindingLabel } from "../../cluster/enrolment-proof.js";
import { spkiOf } from "../../cluster/spki-pin.js";
import type { Redeem } from "../../controller/enrolment.js";
import type { Close } from "../../runtime/close-all.js";
import type { Logger } from "../../runtime/logger.js";
import { Problem } from "../../runtime/problem.js";
import { type ConnectionLimits, createOpenConnections } from "./connection-limits.js";
import { formatMessage, parseMessage, readLine, requestSchema, WireError } from "./enrolment-wire.js";
import type { Identity } from "./identity.js";

/** Time for a whole enrolment, from the TCP connection to the last byte. */
const defaultDeadlineMs = 5_000;

export interface EnrolmentListenerOptions {
  readonly identity: Identity;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly redeem: Redeem;
  readonly logger: Logger;
  readonly deadlineMs?: number;
  readonly limits?: ConnectionLimits;
}

export interface EnrolmentListener {
  readonly port: number;
  /** Shows this identity from the next connection on. */
  show(identity: Identity): void;
  readonly close: Close;
}

const withoutMapping = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");

/** Serves one agent. A sender that does not follow the protocol is told nothing. */
async function serve(socket: TLSSocket, options: EnrolmentListenerOptions, signal: AbortSignal): Promise<void> {
  const [certificate, shown] = [socket.getPeerX509Certificate(), socket.getX509Certificate()];
  if (certificate === undefined || shown === undefined) throw new WireError("the agent showed no certificate");
  const sourceAddress = withoutMapping(socket.remoteAddress ?? "unknown");
  const request = parseMessage(await readLine(socket, signal), requestSchema);
  const answer = await options.redeem({
    tokenId: request.token,
    agentId: request.agentId.toLowerCase(),
    name: request.name,
    servicePort: request.servicePort,
    proof: Buffer.from(request.proof, "base64url"),
    channel: {
      channelBinding: socket.exportKeyingMaterial(channelBindingBytes, channelBindingLabel, Buffer.alloc(0)),
      agentSpki: spkiOf(certificate),
      agentCertificatePem: certificate.toString(),
      controllerSpki: spkiOf(shown),
      sourceAddress,
    },
  });
  const message =
    answer.kind === "refused" ? answer : { ...answer, proof: Buffer.from(answer.proof).toString("base64url") };
  await new Promise<void>((resolve) => socket.end(formatMessage(message), resolve));
}

function createTlsServer(options: EnrolmentListenerOptions): Server {
  return createServer({
    key: options.identity.privateKeyPem,
    cert: options.identity.certificatePem,
    minVersion: "TLSv1.3",
    // Nobody's certificate is known yet. That the agent holds its key is proven by the handshake all the same.
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: options.deadlineMs ?? defaultDeadlineMs,
  });
}

const cannotListen = (options: EnrolmentListenerOptions, error: Error): Problem => {
  const busy = "code" in error && error.code === "EADDRINUSE";
  return new Problem(
    "failed",
    busy ? "port_in_use" : "cannot_listen",
    busy
      ? `Port ${options.port} on ${options.host}, where agents enrol, is in use by another program`
      : `Agents can't enrol: listening on ${options.host}:${options.port} failed (${error.message})`,
    "Stop the other program, or choose another port or address for enrolment.",
    { cause: error },
  );
};

/**
 * Listens for agents that enrol: TLS 1.3 only, one line of at most 16 KiB each way, everything within five seconds, and a bounded
 * number of connections from each source. What goes wrong with a connection is logged and ends that connection; nothing about it is sent to the other side.
 *
 * @throws Problem `port_in_use` or `cannot_listen`.
 */
export async function listenForEnrolment(options: EnrolmentListenerOptions): Promise<EnrolmentListener> {
  const { logger } = options;
  const server = createTlsServer(options);
  const stop = new AbortController();
  // One listener for each connection; how many there are is bounded below.
  setMaxListeners(0, stop.signal);
  const connections = createOpenConnections(options.limits);

  server.on("connection", (socket) => {
    const source = withoutMapping(socket.remoteAddress ?? "unknown");
    connections.add(source, socket);
    const timer = setTimeout(() => socket.destroy(), options.deadlineMs ?? defaultDeadlineMs);
    socket.once("close", () => {
      clearTimeout(timer);
      connections.remove(source, socket);
    });
  });
  server.on("tlsClientError", (error, socket) => {
    logger.debug("enrolment handshake failed", { from: socket.remoteAddress, reason: error.message });
    socket.destroy();
  });
  server.on("secureConnection", (socket) => {
    const from = socket.remoteAddress;
    const failed = (error: unknown): void => {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof WireError) logger.debug("enrolment message refused", { from, reason });
      else logger.warn("enrolment failed", { from, reason });
    };
    socket.on("error", (error) => logger.debug("enrolment connection broke", { from, reason: error.message }));
    void serve(socket, options, stop.signal)
      .catch(failed)
      .finally(() => socket.destroy());
  });

  try {
    server.listen(options.port, options.host);
    await once(server, "listening");
  } catch (error) {
    throw cannotListen(options, error instanceof Error ? error : new Error(String(error)));
  }
  server.on("error", (error) => logger.error("enrolment listener failed", { reason: error.message }));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;

  let closing: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    stop.abort();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    connections.closeAll();
    await closed;
  };
  return {
    port,
    show: ({ privateKeyPem, certificatePem }) =>
      server.setSecureContext({ key: privateKeyPem, cert: certificatePem, minVersion: "TLSv1.3" }),
    close: () => {
      closing ??= run();
      return closing;
    },
  };
}
