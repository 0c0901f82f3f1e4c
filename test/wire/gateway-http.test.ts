import { afterEach, expect, test } from "vitest";
import type { ServingModel } from "../../src/route/serving-model.js";
import { aModel, type GatewayHouse, type HouseOptions, openHouse } from "../support/gateway-house.js";
import { rawPost, sendRaw } from "../support/gateway-raw.js";
import { exoAnswer, exoModelId } from "../support/upstream-chunks.js";
import { type ExoBehaviour, type FakeExo, openFakeExo, saying } from "../support/upstream-fake-exo.js";

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

async function start(
  behaviour: ExoBehaviour = saying(exoAnswer({ content: ["36"] })),
  options: HouseOptions = {},
): Promise<{ exo: FakeExo; house: GatewayHouse }> {
  const exo = await openFakeExo(behaviour);
  opened.push(exo);
  const house = await openHouse([aModel([exo.target()])], options);
  opened.push(house);
  return { exo, house };
}

const ask = { model: "gpt-oss-120b", messages: [{ role: "user", content: "How many layers?" }] };

const post = (house: GatewayHouse, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${house.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const errorOf = async (response: Response): Promise<unknown> => {
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  const { error } = (await response.json()) as { error: Record<string, unknown> };
  expect(Object.keys(error)).toEqual(["message", "type", "param", "code"]);
  return { status: response.status, code: error.code };
};

test("a stream is server-sent events that end with [DONE]", async () => {
  const { house } = await start();
  const response = await post(house, { ...ask, stream: true });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{24}$/);
  expect((await response.text()).endsWith("\n\ndata: [DONE]\n\n")).toBe(true);
});

test("health says that the process lives, readiness that a model would answer", async () => {
  const { house, exo } = await start();
  const health = await fetch(`${house.baseUrl}/healthz`);
  expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
  const ready = await fetch(`${house.baseUrl}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { status: "ready", models: [{ name: "gpt-oss-120b", state: "ready" }] },
  ]);
  const unready: (readonly ServingModel[])[] = [
    [],
    [aModel([], { state: "loading", reason: "loading" })],
    [aModel([exo.target({ ready: false })])],
  ];
  for (const models of unready) {
    house.serve(models);
    expect((await fetch(`${house.baseUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${house.baseUrl}/healthz`)).status).toBe(200);
  }
});

test("the list of models tells context and state, and nothing of exo's ids", async () => {
  const { house } = await start();
  const text = await (await fetch(`${house.baseUrl}/v1/models`)).text();
  expect(text).not.toContain(exoModelId);
  expect(JSON.parse(text)).toMatchObject({
    object: "list",
    data: [{ id: "gpt-oss-120b", owned_by: "exoctl", context_length: 32_768, state: "ready" }, { id: "think" }],
  });
});

test("a model that is loading answers 503 with the reason and when to come back", async () => {
  const { house } = await start();
  house.serve([aModel([], { state: "loading", reason: "12 of 36 layers are loaded" })]);
  const response = await post(house, ask);
  expect(response.headers.get("retry-after")).toBe("5");
  expect(await errorOf(response)).toEqual({ status: 503, code: "model_loading" });
});

test.each<[string, string, number, string]>([
  ["GET", "/v1/chat/completions", 405, "method_not_allowed"],
  ["DELETE", "/v1/models", 405, "method_not_allowed"],
  ["OPTIONS", "/v1/chat/completions", 405, "method_not_allowed"],
  ["GET", "/", 404, "not_found"],
  ["GET", "/instance", 404, "not_found"],
  ["DELETE", "/instance/abc", 404, "not_found"],
  ["GET", "/state", 404, "not_found"],
  ["GET", "/models", 404, "not_found"],
  ["POST", "/v1/messages", 404, "not_found"],
  ["GET", "/v1/models/../../state", 404, "model_not_found"],
  ["GET", "/v1/models/%2e%2e%2fstate", 404, "model_not_found"],
  ["GET", "/v1/models/%zz", 404, "not_found"],
])("%s %s is refused in OpenAI's shape and never forwarded", async (method, path, status, code) => {
  const { house, exo } = await start();
  const raw = await sendRaw(house.port, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  if (raw === "closed") throw new Error("no answer");
  expect({ status: raw.status, code: JSON.parse(raw.body).error.code }).toEqual({ status, code });
  if (status === 405) expect(raw.headers.allow).toBeDefined();
  expect(exo.requests).toEqual([]);
});

test("only JSON is taken", async () => {
  const { house } = await start();
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"]) {
    expect(await errorOf(await post(house, ask, { "content-type": type }))).toEqual({
      status: 415,
      code: "unsupported_media_type",
    });
  }
  expect((await post(house, ask, { "content-type": "application/json; charset=UTF-8" })).status).toBe(200);
  expect((await post(house, ask, { "content-encoding": "gzip" })).status).toBe(415);
});

test("a body over the limit is 413, whether its length was told or not", async () => {
  const { house, exo } = await start(undefined, { limits: { bodyBytes: 1_000 } });
  const large = JSON.stringify({ ...ask, user: "x".repeat(100_000) });
  expect(await errorOf(await post(house, large))).toEqual({ status: 413, code: "request_too_large" });
  const chunked = await fetch(`${house.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: new Blob([large]).stream(),
    duplex: "half",
  } as RequestInit);
  expect(await errorOf(chunked)).toEqual({ status: 413, code: "request_too_large" });
  expect(exo.requests).toEqual([]);
  expect((await post(house, ask)).status).toBe(200);
});

test.each<[string, Record<string, string>, number]>([
  ["a foreign host", { host: "evil.example" }, 403],
  ["a foreign host with our port", { host: "evil.example:8415" }, 403],
  ["a host that begins like ours", { host: "localhost.evil.example" }, 403],
  ["a host that hides one", { host: "127.0.0.1@evil.example" }, 400],
  ["no host", { host: "" }, 400],
  ["two hosts", { host: "localhost", Host: "evil.example" }, 400],
  ["a foreign origin", { origin: "https://evil.example" }, 403],
  ["an origin that hides one", { origin: "http://localhost@evil.example" }, 403],
  ["a sandboxed page", { origin: "null" }, 403],
  ["localhost", { host: "localhost:8415" }, 200],
  ["IPv6 loopback", { host: "[::1]:8415" }, 200],
  ["a local page", { origin: "http://localhost:3000" }, 200],
])("%s: %j gives %i", async (_, headers, status) => {
  const { house, exo } = await start();
  const raw = await sendRaw(house.port, rawPost("/v1/chat/completions", JSON.stringify(ask), headers));
  if (raw === "closed") throw new Error("no answer");
  expect(raw.status).toBe(status);
  expect(raw.headers).not.toHaveProperty("access-control-allow-origin");
  expect(exo.requests.length).toBe(status === 200 ? 1 : 0);
});

test("neither prompts nor answers are logged; each request is, at debug", async () => {
  const { house } = await start(saying(exoAnswer({ content: ["the secret answer"] })));
  const secret = { ...ask, messages: [{ role: "user", content: "the secret prompt" }] };
  await (await post(house, secret)).text();
  await (await post(house, { ...secret, stream: true })).text();
  await (await post(house, { ...secret, n: 2 })).text();
  await house.close();
  const log = house.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(log.filter(({ message }) => message === "request")).toMatchObject([
    { level: "debug", route: "chat", status: 200, model: "gpt-oss-120b", answerAs: "whole", attempts: 1 },
    { level: "debug", route: "chat", status: 200, answerAs: "stream", outcome: "answered" },
    { level: "debug", route: "chat", status: 400, error: "unsupported_parameter" },
  ]);
  expect(house.log.join("\n")).not.toMatch(/secret/);
});
