import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createHttpExoProbe } from "../../../src/adapters/exo-discovery/http-exo-probe.js";
import type { ProbeResult } from "../../../src/discover/exo/exo-probe.js";
import type { Close } from "../../../src/runtime/close-all.js";
import { json, plain, type Route, startFakeExo } from "../../support/exo-fake-server.js";

const fixture = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../../fixtures/exo/${path}`, import.meta.url), "utf8")) as Record<string, unknown>;

let closers: Close[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

const open = AbortSignal.timeout(60_000);

async function probe(routes: Readonly<Record<string, Route>>, totalMs = 5_000) {
  const exo = await startFakeExo(routes);
  closers.push(() => exo.close());
  const result = await createHttpExoProbe({ firstAnswerMs: totalMs, totalMs }).ask(exo.address, open);
  return { result, paths: exo.seen.map((request) => request.path) };
}

test("exo 1.0.71 is told by its node id, its cards, and the parts of its state", async () => {
  const state = fixture("1.0.71/state.json");
  const { result, paths } = await probe({
    "GET /node_id": json("12D3KooWSXCFdc4t7TToznrSG1VypDJStc1hyEPpE8nLuoWnAVP3"),
    "GET /openapi.json": json(fixture("1.0.71/openapi.json")),
    "GET /state/topology": json(state.topology),
    "GET /state/nodeNetwork": json(state.nodeNetwork),
    "GET /state/nodeIdentities": json(state.nodeIdentities),
  });
  expect(result).toMatchObject({ kind: "exo-1.x", variant: { label: "1.0.71" } });
  const cluster = result.kind === "exo-1.x" ? result.cluster : undefined;
  expect(cluster?.members.length).toBeGreaterThan(1);
  expect(paths).not.toContain("/state");
});

test("an older exo, without parts of its state, gives the whole", async () => {
  const { result } = await probe({
    "GET /node_id": json("12D3KooWSXCFdc4t7TToznrSG1VypDJStc1hyEPpE8nLuoWnAVP3"),
    "GET /openapi.json": json(fixture("1.0.68/openapi.json")),
    "GET /state": json(fixture("1.0.68/state.json")),
  });
  expect(result).toMatchObject({ kind: "exo-1.x", variant: { label: "1.0.68" } });
  const cluster = result.kind === "exo-1.x" ? result.cluster : undefined;
  expect(cluster?.members).toHaveLength(3);
  expect(cluster?.members[0]?.interfaces).toContainEqual({ name: "eth0", ip: "10.99.0.11" });
  expect(cluster?.reached.length).toBeGreaterThan(0);
});

test("exo 0.0.x is told by its health and its topology", async () => {
  const { result } = await probe({
    "GET /healthcheck": json({ status: "ok" }),
    "GET /v1/topology": json({
      nodes: { "studio-a": { model: "Mac Studio", chip: "M2", memory: 1, flops: {} } },
      peer_graph: {},
      active_node_id: null,
    }),
  });
  expect(result).toEqual({ kind: "exo-0.0.x", nodeIds: ["studio-a"] });
});

const endless: Route = (_, answer) => {
  answer.writeHead(200, { "content-type": "application/json" });
  const more = (): void => {
    while (answer.write("x".repeat(16_384)));
  };
  answer.on("drain", more).on("close", () => answer.removeAllListeners("drain"));
  more();
};
const never: Route = () => {};

const hostile: Readonly<Record<string, readonly [Readonly<Record<string, Route>>, ProbeResult]>> = {
  "an endless node id": [{ "GET /node_id": endless }, { kind: "other" }],
  "a node id that is no text": [{ "GET /node_id": json({ id: 1 }) }, { kind: "other" }],
  "a node id that would move the cursor": [{ "GET /node_id": json("\u001b[2Jx") }, { kind: "other" }],
  "no JSON": [{ "GET /node_id": plain("<html>", 200) }, { kind: "other" }],
  "somebody's web server": [{}, { kind: "other" }],
  "health without topology": [{ "GET /healthcheck": json({ status: "ok" }) }, { kind: "other" }],
  "a redirect": [
    { "GET /node_id": (_, answer) => answer.writeHead(302, { location: "http://127.0.0.1:1/" }).end() },
    { kind: "other" },
  ],
  "an endless OpenAPI document and a topology of nonsense": [
    { "GET /node_id": json("abc"), "GET /openapi.json": endless, "GET /state/topology": json({ nodes: 7 }) },
    { kind: "exo-1.x", nodeId: "abc" },
  ],
};

test.each(Object.entries(hostile))("%s does no harm", async (_, [routes, expected]) => {
  expect((await probe(routes)).result).toEqual(expected);
});

test("who does not answer in time is silent", async () => {
  expect((await probe({ "GET /node_id": never }, 50)).result).toEqual({ kind: "silent", reason: "no-answer" });
});

test("a port where nothing listens refuses", async () => {
  const exo = await startFakeExo({});
  await exo.close();
  expect(await createHttpExoProbe().ask(exo.address, open)).toEqual({ kind: "silent", reason: "refused" });
});

test("what does not speak HTTP is something else", async () => {
  const server = createServer((socket) => socket.resume().end("SSH-2.0-OpenSSH_9.9\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  expect(await createHttpExoProbe().ask({ host: "127.0.0.1", port }, open)).toEqual({ kind: "other" });
});

test("a cancelled question rejects with the caller's reason", async () => {
  const exo = await startFakeExo({ "GET /node_id": never });
  closers.push(() => exo.close());
  const stop = new AbortController();
  const asked = createHttpExoProbe().ask(exo.address, stop.signal);
  stop.abort(new Error("enough"));
  await expect(asked).rejects.toThrow("enough");
});
