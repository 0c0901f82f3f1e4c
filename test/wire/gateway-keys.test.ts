import { mkdtemp, rm, stat } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DoorSettings, defaultDoor } from "../../src/gateway/door/door-settings.js";
import {
  aModel,
  createLogKeeper,
  type GatewayHouse,
  type HouseOptions,
  openHouse,
  realClock,
} from "../support/gateway-house.js";
import { type KeyHouse, openKeyHouse } from "../support/gateway-keys.js";
import { rawPost, sendRaw } from "../support/gateway-raw.js";
import { exoAnswer, exoChunk, exoUsage } from "../support/upstream-chunks.js";
import { type FakeExo, openFakeExo, saying, sseHead } from "../support/upstream-fake-exo.js";

const chat = "/v1/chat/completions";
const ask = { model: "gpt-oss-120b", messages: [{ role: "user", content: "How many layers?" }] };

let exo: FakeExo;
let keys: KeyHouse;
let house: GatewayHouse;
let log: readonly string[] = [];
/** Every key of a test: none of them may be in a log line. */
let texts: string[] = [];

async function open(door: Partial<DoorSettings> = {}, options: HouseOptions = {}): Promise<void> {
  const logger = createLogKeeper();
  log = logger.lines;
  keys = openKeyHouse(realClock, logger);
  house = await openHouse([aModel([exo.target()])], {
    ...{ door: { ...defaultDoor, keys: "required", ...door }, keys: keys.access, logger },
    ...options,
  });
}

const make = (...args: Parameters<KeyHouse["make"]>): ReturnType<KeyHouse["make"]> => {
  const made = keys.make(...args);
  texts.push(made.text);
  return made;
};

beforeEach(async () => {
  exo = await openFakeExo(saying(exoAnswer({ content: ["36"] })));
  texts = [];
});
afterEach(async () => {
  await house.close();
  await keys.access.close();
  await exo.close();
  for (const text of texts) {
    expect(log.join("\n")).not.toContain(text);
    // Never forwarded, under no header.
    expect(JSON.stringify(exo.headers) + exo.rawBodies.join("")).not.toContain(text);
  }
});

const post = (headers: Record<string, string>, body: unknown = ask, signal?: AbortSignal): Promise<Response> =>
  fetch(house.baseUrl + chat, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
const bearer = (text: string): Record<string, string> => ({ authorization: `Bearer ${text}` });

const outcome = async (response: Response): Promise<object> => {
  const { error } = (await response.json()) as { error?: { code: string } };
  return { status: response.status, ...(error === undefined ? {} : { code: error.code }) };
};

describe("who gets in", () => {
  test("a key opens, in the header of either kind of client; nothing else does", async () => {
    await open();
    const { text } = make();
    expect((await post(bearer(text))).status).toBe(200);
    expect((await post({ "x-api-key": text })).status).toBe(200);
    const client = new OpenAI({ baseURL: `${house.baseUrl}/v1`, apiKey: text, maxRetries: 0 });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(["gpt-oss-120b", "think"]);
    const none = await post({});
    expect(none.headers.get("www-authenticate")).toBe('Bearer realm="exoctl"');
    const refused = { status: 401, code: "invalid_api_key" };
    expect(await outcome(none)).toEqual(refused);
    const wrong: readonly Record<string, string>[] = [
      bearer(`${text.slice(0, -2)}AA`),
      bearer(text.toLowerCase()),
      { authorization: text },
      { authorization: `Basic ${Buffer.from(`:${text}`).toString("base64")}` },
      { "api-key": text },
      { cookie: `api_key=${text}` },
    ];
    for (const headers of wrong) expect(await outcome(await post(headers))).toEqual(refused);
    expect((await fetch(`${house.baseUrl}${chat}?api_key=${text}`, { method: "POST" })).status).toBe(401);
    for (const path of ["/v1/models", "/v1/models/gpt-oss-120b", "/nowhere"])
      expect((await fetch(house.baseUrl + path)).status).toBe(401);
    expect(exo.requests.length).toBe(2);
  });

  test("health is told without a key, models are not", async () => {
    await open();
    expect(await (await fetch(`${house.baseUrl}/healthz`)).json()).toEqual({ status: "ok" });
    expect(await (await fetch(`${house.baseUrl}/readyz`)).json()).toEqual({ status: "ready" });
  });

  test("on loopback keys are asked for from the first one on, and for ever", async () => {
    await open({ keys: "auto" });
    expect((await post({})).status).toBe(200);
    make({ scopes: ["admin"] });
    expect((await post({})).status).toBe(200);
    const { id, text } = make();
    expect((await post({})).status).toBe(401);
    expect((await post(bearer(text))).status).toBe(200);
    keys.revoke(id);
    expect((await post({})).status).toBe(401);
  });

  test("a key of another scope, an expired one, one for another model", async () => {
    await open();
    const admin = make({ scopes: ["admin", "batch"] });
    expect(await outcome(await post(bearer(admin.text)))).toEqual({ status: 403, code: "insufficient_scope" });
    const old = make({ expiresAt: Date.now() - 1 });
    expect(await outcome(await post(bearer(old.text)))).toEqual({ status: 401, code: "invalid_api_key" });
    const alias = make({ models: ["think"] });
    expect(await outcome(await post(bearer(alias.text)))).toEqual({ status: 403, code: "model_not_allowed" });
    expect((await post(bearer(alias.text), { ...ask, model: "think" })).status).toBe(200);
    // Not even whether there is such a model.
    expect(await outcome(await post(bearer(alias.text), { ...ask, model: "x" }))).toMatchObject({ status: 403 });
    const seen = (await (await fetch(`${house.baseUrl}/v1/models`, { headers: bearer(alias.text) })).json()) as {
      data: { id: string }[];
    };
    expect(seen.data.map(({ id }) => id)).toEqual(["think"]);
    const one = await fetch(`${house.baseUrl}/v1/models/gpt-oss-120b`, { headers: bearer(alias.text) });
    expect(one.status).toBe(403);
    expect(exo.requests.length).toBe(1);
  });

  test("guessing is answered 429 after ten failures, logged no further, and shuts nobody else out", async () => {
    await open();
    const { text } = make();
    const answers: number[] = [];
    for (let guess = 0; guess < 30; guess += 1) {
      const tried = `exoctl_${String(guess).padStart(43, "A")}`;
      texts.push(tried);
      answers.push((await post(bearer(tried))).status);
    }
    expect(answers).toEqual([...Array(10).fill(401), ...Array(20).fill(429)]);
    expect((await post(bearer("exoctl_x"))).headers.get("retry-after")).toBe("60");
    expect(log.filter((line) => line.includes("key refused")).length).toBe(10);
    expect((await post(bearer(text))).status).toBe(200);
  });
});

describe("limits and usage", () => {
  test("requests in a minute, with the headers that OpenAI's clients read", async () => {
    await open();
    const { text } = make({ limits: { requestsPerMinute: 2, tokensPerDay: 1_000 } });
    const first = await post(bearer(text));
    expect(first.headers.get("x-ratelimit-limit-requests")).toBe("2");
    expect(first.headers.get("x-ratelimit-remaining-requests")).toBe("1");
    expect(first.headers.get("x-ratelimit-remaining-tokens")).toBe("1000");
    await first.text();
    // What is refused for another reason does not count.
    expect((await post(bearer(text), { ...ask, model: "unknown" })).status).toBe(404);
    expect((await post(bearer(text))).status).toBe(200);
    const third = await post(bearer(text));
    expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(30);
    expect(await outcome(third)).toEqual({ status: 429, code: "rate_limit_exceeded" });
    expect((await fetch(`${house.baseUrl}/v1/models`, { headers: bearer(text) })).status).toBe(200);
  });

  test("exo's count of tokens is the key's, and ends its day", async () => {
    await open();
    const total = exoUsage.prompt_tokens + exoUsage.completion_tokens;
    const { text, id } = make({ limits: { tokensPerDay: total } });
    await (await post(bearer(text), { ...ask, stream: true })).text();
    expect(keys.access.usageOf(id)?.total).toEqual({
      requests: 1,
      promptTokens: exoUsage.prompt_tokens,
      completionTokens: exoUsage.completion_tokens,
    });
    expect(await outcome(await post(bearer(text)))).toEqual({ status: 429, code: "daily_tokens_exceeded" });
    await keys.access.close();
    expect(keys.saved()[id]?.onDay.requests).toBe(1);
  });

  test("at most so many at the same time; what a client broke off is counted by its pieces", async () => {
    await open();
    const { text, id } = make({ limits: { concurrency: 1 } });
    exo.behave((response) => {
      response.writeHead(200, sseHead);
      response.write(exoChunk({ content: "Thir" }) + exoChunk({ content: "ty" }));
    });
    const leaving = new AbortController();
    const streamed = await post(bearer(text), { ...ask, stream: true }, leaving.signal);
    await streamed.body?.getReader().read();
    expect(await outcome(await post(bearer(text)))).toEqual({ status: 429, code: "concurrency_exceeded" });
    leaving.abort();
    const prompt = Math.ceil(JSON.stringify({ ...ask, stream: true }).length / 4);
    await expect
      .poll(() => keys.access.usageOf(id)?.total)
      .toEqual({ requests: 1, promptTokens: prompt, completionTokens: 2 });
    exo.behave(saying(exoAnswer({ content: ["36"] })));
    expect((await post(bearer(text))).status).toBe(200);
  });

  test("a key that is revoked in mid-stream ends the stream, also of a client that does not read", async () => {
    await open();
    const { text, id } = make();
    const chunk = exoChunk({ content: "x".repeat(1_000) });
    let stalled = (): void => {};
    const fullOfIt = new Promise<void>((resolve) => {
      stalled = resolve;
    });
    exo.behave((response, _, gone) => {
      let waiting: NodeJS.Timeout | undefined;
      response.writeHead(200, sseHead);
      const more = (): void => {
        clearTimeout(waiting);
        while (!gone.aborted && response.write(chunk));
        waiting = setTimeout(stalled, 300);
      };
      response.on("drain", more);
      more();
    });
    const stuck = connect(house.port, "127.0.0.1");
    stuck.pause();
    stuck.write(rawPost(chat, JSON.stringify({ ...ask, stream: true }), bearer(text)));
    await fullOfIt;
    const reader = await post(bearer(text), { ...ask, stream: true });
    let read = "";
    const ended = (async () => {
      for await (const piece of reader.body ?? []) read = (read + Buffer.from(piece).toString()).slice(-500);
    })();
    await expect.poll(() => read.length).toBe(500);
    keys.revoke(id);
    await ended;
    expect(read).toMatch(/"code":"invalid_api_key"\}\}\n\n$/);
    // Whether the kernel had room for its end or not, it is over.
    await expect.poll(() => log.filter((line) => line.includes('"route":"chat"')).length, { timeout: 20_000 }).toBe(2);
    stuck.destroy();
  });
});

describe("headers that mean two things", () => {
  const body = JSON.stringify(ask);
  const raw = (lines: readonly string[], ending = "\r\n", sent = body): string =>
    [`POST ${chat} HTTP/1.1`, "Host: 127.0.0.1", "Content-Type: application/json", ...lines, "", sent].join(ending);

  test("are refused before exo sees anything", async () => {
    await open();
    const { text } = make();
    const other = make().text;
    const key = `Authorization: Bearer ${text}`;
    const length = `Content-Length: ${body.length}`;
    const cases: readonly (readonly [string, string])[] = [
      ["two keys", raw([key, `Authorization: Bearer ${other}`, length])],
      ["the same key twice", raw([key, key, length])],
      ["a key and another in x-api-key", raw([key, `x-api-key: ${other}`, length])],
      ["two lengths", raw([key, length, "Content-Length: 5"])],
      ["a length and chunks", raw([key, length, "Transfer-Encoding: chunked"])],
      ["chunks that are not", raw([key, "Transfer-Encoding: chunked, identity"])],
      ["a folded header", raw([`Authorization: Bearer\r\n ${text}`, length])],
      ["a space before the colon", raw([`Authorization : Bearer ${text}`, length])],
      ["line feeds alone", raw([key, length], "\n")],
      ["a line feed within a value", raw([`X-A: b\nAuthorization: Bearer ${text}`, length])],
      ["a zero byte", raw([`Authorization: Bearer ${text}\0`, length])],
      ["an underscore for a dash", raw([`x_api_key: ${text}`, length])],
      [
        "a key in the trailer",
        raw(["Transfer-Encoding: chunked"], "\r\n", `${body.length.toString(16)}\r\n${body}\r\n0\r\n${key}\r\n\r\n`),
      ],
      ["two hosts", raw(["Host: localhost", key, length])],
    ];
    const seen: Record<string, number | string> = {};
    for (const [name, bytes] of cases) {
      const answer = await sendRaw(house.port, bytes);
      seen[name] = answer === "closed" ? answer : answer.status;
      if (answer !== "closed") expect(answer.body).not.toContain(text);
    }
    for (const [name] of cases)
      expect([name, seen[name]]).toEqual([name, expect.toSatisfy((status) => status === 400 || status === 401)]);
    expect(exo.requests).toEqual([]);
  });
});

describe("web pages", () => {
  const form = "application/x-www-form-urlencoded";
  const chatRaw = (headers: Record<string, string>) => sendRaw(house.port, rawPost(chat, JSON.stringify(ask), headers));
  const statusOf = async (headers: Record<string, string>): Promise<number | string> => {
    const answer = await chatRaw(headers);
    return answer === "closed" ? answer : answer.status;
  };

  test("can neither rebind a name nor send a form, with a key or without", async () => {
    for (const mode of ["required", "none"] as const) {
      await house?.close();
      await open({ keys: mode, hosts: ["ai.example.com", "*.lan.example"] });
      const key = mode === "required" ? bearer(make().text) : {};
      expect(await statusOf({ ...key, host: "evil.example" })).toBe(403);
      expect(await statusOf({ ...key, host: "ai.example.com.evil.example" })).toBe(403);
      expect(await statusOf({ ...key, host: "a.b.lan.example" })).toBe(403);
      expect(await statusOf({ ...key, origin: "https://evil.example" })).toBe(403);
      expect(await statusOf({ ...key, origin: "null" })).toBe(403);
      for (const type of ["text/plain", form, "multipart/form-data"])
        expect(await statusOf({ ...key, "content-type": type })).toBe(415);
      expect(await statusOf({ ...key, host: "10.0.0.5:8415" })).toBe(mode === "required" ? 200 : 403);
      expect(await statusOf({ ...key, host: "AI.example.com." })).toBe(200);
      expect(await statusOf({ ...key, host: "box.lan.example:8415" })).toBe(200);
    }
  });

  test("of a listed origin may ask, and read the answer; all others may not even ask whether", async () => {
    const origin = "https://chat.example.com";
    await open({ origins: [origin] });
    const preflight = (from: string) =>
      fetch(house.baseUrl + chat, {
        method: "OPTIONS",
        headers: {
          ...{ origin: from, "access-control-request-method": "POST" },
          "access-control-request-headers": "authorization,content-type,x-stainless-os",
        },
      });
    const allowed = await preflight(origin);
    expect([allowed.status, Object.fromEntries(allowed.headers)]).toMatchObject([
      204,
      {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "authorization,content-type,x-stainless-os",
        vary: "origin",
      },
    ]);
    expect(allowed.headers.get("access-control-allow-credentials")).toBeNull();
    const refused = await preflight("https://chat.example.com.evil.example");
    expect(refused.status).toBe(403);
    expect(refused.headers.get("access-control-allow-origin")).toBeNull();
    const answered = await post({ ...bearer(make().text), origin });
    expect(answered.status).toBe(200);
    expect(answered.headers.get("access-control-allow-origin")).toBe(origin);
    // Also what went wrong is for the page to read.
    expect((await post({ origin })).headers.get("access-control-allow-origin")).toBe(origin);
  });
});

test("whoever owns the state folder needs no key, at a socket that nobody else can open", async () => {
  const folder = await mkdtemp(join(tmpdir(), "exoctl-gateway-"));
  const socketPath = join(folder, "gateway.sock");
  try {
    await open({}, { socketPath });
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    const sent = request({ socketPath, path: chat, method: "POST", headers: { "content-type": "application/json" } });
    sent.end(JSON.stringify(ask));
    const answer = await new Promise((resolve) => sent.once("response", (response) => resolve(json(response))));
    expect(answer).toMatchObject({ object: "chat.completion" });
    expect((await post({})).status).toBe(401);
    await house.close();
    await expect(stat(socketPath)).rejects.toThrow();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("behind a proxy failures count for the address that the proxy saw, whatever its client claims", async () => {
  await open({ tls: "proxy" });
  const from = async (address: string): Promise<number> => {
    const headers = { ...bearer("exoctl_x"), "x-forwarded-for": `1.2.3.4, ${address}` };
    return (await post(headers)).status;
  };
  for (let time = 0; time < 10; time += 1) expect(await from("203.0.113.7")).toBe(401);
  expect(await from("203.0.113.7")).toBe(429);
  expect(await from("203.0.113.8")).toBe(401);
});
