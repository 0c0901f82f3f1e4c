import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExoNode } from "../exo/exo-node.js";
import { isLoopback } from "../fabric/fabric-relay.js";
import { type ApiRequest, ExoHttpError, type Route, sendJson, ValidationError } from "./api-request.js";
import { benchRoutes } from "./bench-endpoints.js";
import { chatRoutes } from "./chat-endpoints.js";
import { downloadRoutes } from "./download-endpoints.js";
import { instanceRoutes } from "./instance-endpoints.js";
import { messagesRoutes } from "./messages-endpoints.js";
import { modelRoutes } from "./model-endpoints.js";
import { ollamaRoutes } from "./ollama-endpoints.js";
import { ollamaGenerationRoutes } from "./ollama-generation.js";
import { openApiRoutes } from "./openapi-endpoints.js";
import { responsesRoutes } from "./responses-endpoints.js";
import { stateRoutes } from "./state-endpoints.js";

/** A listening API. */
export interface ApiServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Ends open connections too. */
  close(): Promise<void>;
}

const mostBodyBytes = 64 * 1024 * 1024;

/** Everything that the simulated exo answers, in the order in which it is looked up. */
function allRoutes(node: ExoNode): readonly Route[] {
  const routes = [
    ...stateRoutes(node.variant),
    ...instanceRoutes(node.variant),
    ...modelRoutes,
    ...downloadRoutes(node.variant),
    ...chatRoutes(node.variant),
    ...benchRoutes,
    ...messagesRoutes,
    ...responsesRoutes,
    ...ollamaRoutes,
    ...ollamaGenerationRoutes,
  ];
  return [...routes, ...openApiRoutes(node.variant, routes)];
}

function matchPath(pattern: string, path: readonly string[]): Readonly<Record<string, string>> | undefined {
  const params: Record<string, string> = {};
  const parts = pattern.split("/");
  for (const [at, part] of parts.entries()) {
    const name = /^\{(\w+)(:path)?\}$/.exec(part);
    const value = path[at];
    if (value === undefined) return undefined;
    if (name?.[1] === undefined) {
      if (part !== value) return undefined;
    } else if (name[2] !== undefined) {
      params[name[1]] = path.slice(at).join("/");
      return params;
    } else {
      if (value === "") return undefined;
      params[name[1]] = value;
    }
  }
  return parts.length === path.length ? params : undefined;
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of incoming) {
    length += part.length;
    if (length > mostBodyBytes) throw new ExoHttpError(400, "request body too large");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A web page elsewhere must not reach a simulation through the user's browser. Real exo does not look. */
function comesFromHere(incoming: IncomingMessage): boolean {
  const host = (incoming.headers.host ?? "").replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const { origin } = incoming.headers;
  if (!isLoopback(host)) return false;
  if (origin === undefined) return true;
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname.replace(/^\[(.*)\]$/, "$1"));
}

const phrases = { 400: "Bad Request", 404: "Not Found", 500: "Internal Server Error" } as const;

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
  } else if (error instanceof ValidationError) {
    sendJson(response, 422, { detail: error.complaints });
  } else if (error instanceof ExoHttpError) {
    const { status, message } = error;
    sendJson(response, status, { error: { message, type: phrases[status], param: null, code: status } });
  } else {
    response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
    response.end("Internal Server Error");
  }
}

async function answer(node: ExoNode, routes: readonly Route[], incoming: IncomingMessage, response: ServerResponse) {
  const url = new URL(incoming.url ?? "/", "http://localhost");
  const path = url.pathname.split("/").map(decode);
  const method = incoming.method ?? "GET";
  for (const route of routes) {
    const params = route.method === method ? matchPath(route.path, path) : undefined;
    if (params === undefined) continue;
    const body = await readAll(incoming);
    const request: ApiRequest = {
      node,
      params,
      query: url.searchParams,
      body,
      contentType: incoming.headers["content-type"],
      incoming,
      response,
    };
    return await route.endpoint(request);
  }
  // exo serves its dashboard's files for everything else, and those can only be got.
  const found = method === "GET" || method === "HEAD";
  sendJson(response, found ? 404 : 405, { detail: found ? "Not Found" : "Method Not Allowed" });
}

/**
 * Serves a node's API.
 *
 * @throws RangeError when `host` is not a loopback address
 */
export async function startApiServer(
  node: ExoNode,
  listen: { readonly host: string; readonly port: number },
): Promise<ApiServer> {
  if (!isLoopback(listen.host)) throw new RangeError(`a simulation listens on loopback only, not on ${listen.host}`);
  const routes = allRoutes(node);
  const server = createServer({ keepAliveTimeout: 5_000 }, (incoming, response) => {
    response.setHeader("server", "hypercorn-h11");
    if (!comesFromHere(incoming)) {
      response.writeHead(403, { "content-type": "text/plain; charset=utf-8" });
      return response.end("the simulation answers local requests only");
    }
    answer(node, routes, incoming, response).catch((error: unknown) => refuse(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(listen.port, listen.host, resolve);
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    address: { host: address, port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
