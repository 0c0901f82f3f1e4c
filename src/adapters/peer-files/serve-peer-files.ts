import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { TLSSocket } from "node:tls";
import { type BufferPool, createBufferPool } from "../../agent/sync/buffer-pool.js";
import { largestSliceBytes } from "../../agent/sync/rate-limit.js";
import type { SharedModel, SharedModels } from "../../agent/sync/shared-models.js";
import { spkiPin } from "../../cluster/spki-pin.js";
import type { Close } from "../../runtime/close-all.js";
import type { Logger } from "../../runtime/logger.js";
import { readFilesRequest, stateBody } from "./file-requests.js";
import { sendRange } from "./send-range.js";

const mostConnections = 512;
/** So many ranges go out at the same time; whoever asks for more is told to come again. */
const mostAtOnce = 64;
const handshakeMs = 10_000;
/** A reader that takes nothing for so long is stuck. */
const stuckMs = 30_000;

export interface PeerFilesSettings {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly own: { readonly certificatePem: string; readonly privateKeyPem: string };
  readonly shared: SharedModels;
  readonly logger: Logger;
}

/** Serves the files of shared models to other agents, each of which has to prove a key that the controller has named. */
export interface PeerFilesServer {
  readonly port: number;
  readonly close: Close;
}

/** The pin of whoever is at the other end; the handshake has proven that it holds the key. */
function pinOf(socket: TLSSocket): string | undefined {
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? undefined : spkiPin(certificate);
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-length": 0 }).end();
}

/** @throws when the port is taken */
export async function openPeerFilesServer(settings: PeerFilesSettings): Promise<PeerFilesServer> {
  const { shared, logger, own } = settings;
  const pins = new WeakMap<object, string>();
  const buffers = createBufferPool({ bytes: largestSliceBytes, most: mostAtOnce });
  const server: Server = createServer({
    key: own.privateKeyPem,
    cert: own.certificatePem,
    minVersion: "TLSv1.3",
    requestCert: true,
    // Certificates are signed by themselves: the key decides, below, before anything is answered.
    rejectUnauthorized: false,
    handshakeTimeout: handshakeMs,
    headersTimeout: handshakeMs,
    requestTimeout: handshakeMs,
    keepAliveTimeout: stuckMs,
    maxHeaderSize: 4 * 1024,
  });
  server.maxConnections = mostConnections;
  server.setTimeout(stuckMs);
  server.on("secureConnection", (socket) => {
    const pin = pinOf(socket);
    if (pin !== undefined && shared.knows(pin)) pins.set(socket, pin);
    else socket.destroy();
  });
  server.on("tlsClientError", (error, socket) => {
    logger.debug("a reader's handshake failed", { from: socket.remoteAddress, reason: error.message });
    socket.destroy();
  });
  server.on("request", (request, response) => {
    const pin = pins.get(request.socket);
    const model = (digest: string): SharedModel | undefined =>
      pin === undefined ? undefined : shared.find(digest, pin);
    answer(request, response, model, buffers).catch((error: unknown) => {
      logger.debug("a reader got less than it asked for", { reason: error instanceof Error ? error.message : error });
      response.destroy();
    });
  });
  server.listen(settings.port, settings.host);
  await once(server, "listening");
  server.on("error", (error) => logger.error("the listener for files failed", { reason: error.message }));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : settings.port,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  modelOf: (digest: string) => SharedModel | undefined,
  buffers: BufferPool,
): Promise<void> {
  const asked = readFilesRequest(request);
  if (asked === undefined) return refuse(response, 400);
  // The same answer whether there is no such model here or it is not for this reader.
  const model = modelOf(asked.digest);
  if (model === undefined) return refuse(response, 404);
  const body = stateBody(model.state());
  const headers = { "content-type": "application/octet-stream", "content-length": body.length };
  if (asked.kind === "state") return void response.writeHead(200, headers).end(body);
  const verdict = model.ask(asked.range, asked.when);
  switch (verdict.kind) {
    case "go": {
      const buffer = buffers.take();
      if (buffer !== undefined)
        return await sendRange(model, asked.range, buffer, verdict.settle, response).finally(() =>
          buffers.give(buffer),
        );
      verdict.settle("broken");
      return refuse(response, 503);
    }
    case "served":
      return void response.writeHead(409, headers).end(body);
    case "not-here":
      return refuse(response, 404);
    case "no-such-range":
      return refuse(response, 416);
    default:
      return verdict satisfies never;
  }
}
