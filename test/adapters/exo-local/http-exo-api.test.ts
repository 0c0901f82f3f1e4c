import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openHttpExoApi } from "../../../src/adapters/exo-local/http-exo-api.js";
import { freePort } from "../../support/agent-tiny-exo.js";

const { signal } = new AbortController();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

test("exo's node id and variant are read", async () => {
  const openapi = {
    components: {
      schemas: { ModelCard: { properties: { modelId: {}, family: {}, contextLength: {} }, required: ["modelId"] } },
    },
  };
  const answers: Record<string, unknown> = { "/node_id": "12D3KooW", "/openapi.json": openapi };
  const api = openHttpExoApi({
    port: await serve((request, response) => response.end(JSON.stringify(answers[request.url ?? ""]))),
  });
  expect(await api.nodeId(signal)).toBe("12D3KooW");
  expect(await api.variant(signal)).toEqual({
    label: "1.0.70",
    cardFields: ["context_length", "family", "model_id"],
    requiredCardFields: ["model_id"],
  });
});

test.each<[string, RequestListener]>([
  ["something that is no JSON", (_request, response) => response.end("<html>")],
  ["an error", (_request, response) => response.writeHead(500).end("x")],
  ["another shape", (_request, response) => response.end('{"a":1}')],
  ["an empty id", (_request, response) => response.end('""')],
  [
    "an endless answer",
    (_request, response) => {
      response.on("error", () => {});
      const more = () => response.write("x".repeat(1_000_000), () => (response.destroyed ? undefined : more()));
      more();
    },
  ],
  ["silence", () => {}],
])("%s is not exo", async (_case, answer) => {
  const api = openHttpExoApi({ port: await serve(answer), timeoutMs: 400 });
  expect(await api.nodeId(signal)).toBeUndefined();
  expect(await api.variant(signal)).toBeUndefined();
});

test("nothing that listens is not exo either, but a cancel is a cancel", async () => {
  const api = openHttpExoApi({ port: await freePort() });
  expect(await api.nodeId(signal)).toBeUndefined();
  const reason = new Error("no longer wanted");
  await expect(api.nodeId(AbortSignal.abort(reason))).rejects.toBe(reason);
});
