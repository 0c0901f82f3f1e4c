import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Target } from "../../src/route/serving-model.js";
import { exoModelId } from "./upstream-chunks.js";

/** Answers one request of the gateway. `gone` aborts when the gateway closes the connection before the answer ended. */
export type ExoBehaviour = (
  response: ServerResponse,
  body: Readonly<Record<string, unknown>>,
  gone: AbortSignal,
) => void | Promise<void>;

/** A chat endpoint of exo over a real socket: nothing but what a test tells it to say. */
export interface FakeExo {
  readonly port: number;
  readonly baseUrl: string;
  /** Every request, as `METHOD path`. */
  readonly requests: readonly string[];
  /** The headers of every request, names and values as they came. */
  readonly headers: readonly (readonly string[])[];
  /** Every body that was parsed. */
  readonly bodies: readonly Readonly<Record<string, unknown>>[];
  readonly rawBodies: readonly string[];
  /** Resolves when the gateway has closed a connection before its answer had ended. */
  readonly abandoned: Promise<void>;
  behave(next: ExoBehaviour): void;
  target(overrides?: Partial<Target>): Target;
  close(): Promise<void>;
}

export const sseHead = { "content-type": "text/event-stream; charset=utf-8", connection: "close" };

/** Sends a stream and ends it as exo does: by closing the connection. */
export const saying =
  (stream: string): ExoBehaviour =>
  (response) => {
    response.writeHead(200, sseHead);
    response.end(stream);
  };

/** Sends a stream in pieces of the given lengths, repeated, cut wherever they end. */
export const sayingInPieces =
  (stream: string, lengths: readonly number[]): ExoBehaviour =>
  async (response) => {
    response.writeHead(200, sseHead);
    const bytes = Buffer.from(stream);
    for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
      const length = Math.max(1, lengths[turn % lengths.length] ?? 1);
      response.write(bytes.subarray(at, at + length));
      at += length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  };

export async function openFakeExo(first: ExoBehaviour = saying("")): Promise<FakeExo> {
  const requests: string[] = [];
  const headers: (readonly string[])[] = [];
  const rawBodies: string[] = [];
  const bodies: Record<string, unknown>[] = [];
  let behaviour = first;
  let onAbandoned = (): void => {};
  const abandoned = new Promise<void>((resolve) => {
    onAbandoned = resolve;
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(`${request.method} ${request.url}`);
    headers.push(request.rawHeaders);
    const gone = new AbortController();
    response.once("close", () => {
      if (response.writableFinished) return;
      gone.abort();
      onAbandoned();
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    rawBodies.push(text);
    const body = JSON.parse(text) as Record<string, unknown>;
    bodies.push(body);
    await behaviour(response, body, gone.signal);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}`;
  return {
    port,
    baseUrl,
    requests,
    headers,
    bodies,
    rawBodies,
    abandoned,
    behave(next) {
      behaviour = next;
    },
    target: (overrides = {}) => ({
      id: `exoctl-1-a@127.0.0.1:${port}`,
      copy: "exoctl-1-a",
      baseUrl,
      upstreamModel: exoModelId,
      ready: true,
      simulated: false,
      ...overrides,
    }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
