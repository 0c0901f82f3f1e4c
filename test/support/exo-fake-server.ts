import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExoAddress } from "../../src/inventory/exo-state.js";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Answers one request. A route that never answers keeps the connection open. */
export type Route = (request: SeenRequest, answer: ServerResponse, raw: IncomingMessage) => void;

export interface FakeExo {
  readonly address: ExoAddress;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

/** A JSON answer. */
export const json =
  (value: unknown, status = 200): Route =>
  (_, answer) => {
    answer.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  };

export const plain =
  (text: string, status: number): Route =>
  (_, answer) => {
    answer.writeHead(status, { "content-type": "text/plain" }).end(text);
  };

/** An HTTP server on loopback that answers by a table of `METHOD /path`. Unknown routes get FastAPI's 404. */
export async function startFakeExo(routes: Readonly<Record<string, Route>>): Promise<FakeExo> {
  const seen: SeenRequest[] = [];
  const server = createServer((raw, answer) => {
    const url = new URL(raw.url ?? "/", "http://exo");
    let text = "";
    raw.on("data", (piece) => {
      text += String(piece);
    });
    raw.on("end", () => {
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const request = { method: raw.method ?? "", path: url.pathname, query: url.searchParams, body };
      seen.push(request);
      const route = routes[`${request.method} ${request.path}`] ?? json({ detail: "Not Found" }, 404);
      route(request, answer, raw);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: { host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    seen,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
