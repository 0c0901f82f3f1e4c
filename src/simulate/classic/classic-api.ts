import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ClassicTopology } from "../../cluster/classic-topology.js";
import { isLoopback } from "../fabric/fabric-relay.js";
import { answerChat, type ChatNode } from "./chat-endpoint.js";
import { ClassicCrash, ClassicHttpError, sendCrash, sendJson, sendNotFound } from "./classic-reply.js";
import { limitHandler } from "./limit-handler.js";
import {
  initialModelsJson,
  modelsJson,
  refuseAnimation,
  refuseDeletion,
  refuseDownload,
  refuseEncoding,
  refuseImages,
  sendModelPool,
  sendOk,
  sendPage,
  topologyJson,
} from "./small-endpoints.js";

export interface ClassicApiSettings extends ChatNode {
  readonly host: string;
  readonly port: number;
  /** For a whole request, as `--chatgpt-api-response-timeout`. */
  readonly responseTimeoutMs: number;
  topology(): ClassicTopology;
  /** `POST /quit` was answered. */
  onQuit(): void;
}

export interface ClassicApi {
  readonly port: number;
  /** Breaks open connections. */
  close(): Promise<void>;
}

/** exo's own limit. */
const mostBodyBytes = 100 * 1024 * 1024;

type Endpoint = (api: ClassicApiSettings, body: unknown, response: ServerResponse) => void | Promise<void>;

const topology: Endpoint = (api, _, response) => sendOk(response, topologyJson(api.topology()));
const models: Endpoint = (api, _, response) => sendOk(response, modelsJson(api.cards));
const encode: Endpoint = () => refuseEncoding();
const quit: Endpoint = (api, _, response) => {
  response.once("close", () => api.onQuit());
  sendOk(response, { detail: "Quit signal received" });
};

const endpoints = new Map<string, Endpoint>([
  ["GET /", (_, __, response) => sendPage(response)],
  ["GET /healthcheck", (_, __, response) => sendOk(response, { status: "ok" })],
  ["GET /topology", topology],
  ["GET /v1/topology", topology],
  ["GET /models", models],
  ["GET /v1/models", models],
  ["GET /initial_models", (api, _, response) => sendOk(response, initialModelsJson(api.cards))],
  ["GET /v1/download/progress", (_, __, response) => sendOk(response, {})],
  ["GET /modelpool", (_, __, response) => sendModelPool(response)],
  ["POST /chat/completions", answerChat],
  ["POST /v1/chat/completions", answerChat],
  ["POST /chat/token/encode", encode],
  ["POST /v1/chat/token/encode", encode],
  ["POST /download", (api, body) => refuseDownload(api.cards, body)],
  ["POST /v1/image/generations", (_, body) => refuseImages(body)],
  ["POST /create_animation", (_, body) => refuseAnimation(body)],
  ["POST /quit", quit],
]);

/**
 * Serves a node's HTTP API.
 *
 * @throws RangeError when told to listen on anything but loopback
 */
export async function startClassicApi(api: ClassicApiSettings): Promise<ClassicApi> {
  if (!isLoopback(api.host)) throw new RangeError(`a simulation listens on loopback only, not on ${api.host}`);
  const server = createServer((incoming, response) => {
    if (!comesFromHere(incoming)) {
      response.writeHead(403, { "content-type": "text/plain; charset=utf-8" });
      response.end("the simulation answers local requests only");
      return;
    }
    const limit = limitHandler(response, api.responseTimeoutMs);
    answer(api, incoming, response)
      .catch((error: unknown) => refuse(response, error))
      .finally(limit.stop);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(api.port, api.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(api: ClassicApiSettings, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(incoming.url ?? "/", "http://localhost");
  const method = incoming.method === "HEAD" ? "GET" : (incoming.method ?? "GET");
  const deleted = /^\/models\/([^/]+)$/.exec(pathname)?.[1];
  if (method === "DELETE" && deleted !== undefined) return refuseDeletion(api.cards, decodeURIComponent(deleted));
  const endpoint = endpoints.get(`${method} ${pathname}`);
  if (endpoint === undefined) return sendNotFound(response);
  const reads = method === "POST" && pathname !== "/quit";
  await endpoint(api, reads ? await readJson(incoming) : undefined, response);
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostBodyBytes) throw new ClassicHttpError(413, { detail: "Maximum request body size exceeded" });
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    throw new ClassicCrash(); // no endpoint of exo catches it
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) response.destroy();
  else if (error instanceof ClassicHttpError) sendJson(response, error.status, error.body);
  else sendCrash(response);
}

/** A web page elsewhere must not reach a simulation through the user's browser. Real exo lets every page in. */
function comesFromHere({ headers: { host = "", origin } }: IncomingMessage): boolean {
  if (!isLoopback(host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1"))) return false;
  if (origin === undefined) return true;
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname.replace(/^\[(.*)\]$/, "$1"));
}
