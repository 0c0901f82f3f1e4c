import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { askGateway } from "../../src/cli/ask-gateway.js";

const close: (() => void)[] = [];
afterEach(() => {
  for (const end of close.splice(0)) end();
});

async function aGateway(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  close.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const event = (data: unknown): string => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
const delta = (piece: object) => ({ choices: [{ index: 0, delta: piece, finish_reason: null }] });
const streaming =
  (...pieces: string[]): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) response.write(piece);
    response.end();
  };

async function ask(gateway: string, signal = new AbortController().signal) {
  const pieces: string[] = [];
  const answer = await askGateway({
    gateway,
    model: "gpt-oss-120b",
    prompt: "hello",
    onText: (piece) => pieces.push(piece),
    signal,
  });
  return { ...answer, pieces };
}

test("asks for a stream with usage, and hands on the text as it comes", async () => {
  let asked: unknown;
  const gateway = await aGateway(async (request, response) => {
    asked = JSON.parse(await text(request));
    streaming(
      event(delta({ role: "assistant", reasoning_content: "Hm." })),
      event(delta({ content: "Grüß" })),
      event(delta({ content: " dich" })),
      event({ choices: [], usage: { completion_tokens: 9 } }),
      event("[DONE]"),
    )(request, response);
  });
  const answer = await ask(gateway);
  expect(answer).toMatchObject({ text: "Grüß dich", pieces: ["Grüß", " dich"], completionTokens: 9 });
  expect(answer.firstTokenMs).toBeGreaterThan(0);
  expect(answer.tookMs).toBeGreaterThanOrEqual(answer.firstTokenMs);
  expect(asked).toEqual({
    model: "gpt-oss-120b",
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: "user", content: "hello" }],
  });
});

test("letters that are cut in the middle of their bytes arrive whole", async () => {
  const bytes = Buffer.from(event(delta({ content: "✓é" })));
  const gateway = await aGateway((_request, response) => {
    for (const byte of bytes) response.write(Buffer.from([byte]));
    response.end(event("[DONE]"));
  });
  expect((await ask(gateway)).text).toBe("✓é");
});

test.each<[string, RequestListener, object]>([
  [
    "a refusal, with the gateway's own sentence",
    (_request, response) => response.writeHead(503).end('{"error":{"message":"it is being placed"}}'),
    { code: "gateway_refused", message: "it is being placed" },
  ],
  [
    "a refusal that says nothing",
    (_request, response) => response.writeHead(502).end("<html>"),
    { code: "gateway_refused", message: "the gateway refused the request" },
  ],
  ["a stream that ends early", streaming(event(delta({ content: "half" }))), { code: "answer_broken" }],
  [
    "an error in the stream",
    streaming(event({ error: { message: "the runner died" } }), event("[DONE]")),
    { code: "answer_broken", message: "the runner died" },
  ],
  ["something that is not JSON", streaming(event("{"), event("[DONE]")), { code: "answer_broken" }],
  [
    "a connection that breaks",
    (_request, response) => {
      response.write(event(delta({ content: "half" })), () => response.socket?.destroy());
    },
    { code: "answer_broken" },
  ],
])("%s is a problem in words", async (_case, answer, problem) => {
  await expect(ask(await aGateway(answer))).rejects.toMatchObject({ name: "Problem", ...problem });
});

test("a gateway that is not there is named", async () => {
  const gateway = await aGateway(() => {});
  close.pop()?.();
  await expect(ask(gateway)).rejects.toMatchObject({
    kind: "unreachable",
    code: "no_gateway",
    message: expect.stringContaining(gateway),
  });
});

test("abort closes the connection and rejects with its reason, before and during the answer", async () => {
  let closed = 0;
  const gateway = await aGateway((_request, response) => {
    response.on("close", () => {
      closed += 1;
    });
    response.write(event(delta({ content: "x" })));
  });
  const stop = new AbortController();
  const asked = askGateway({
    gateway,
    model: "m",
    prompt: "p",
    onText: () => stop.abort(new Error("Ctrl-C")),
    signal: stop.signal,
  });
  await expect(asked).rejects.toThrow("Ctrl-C");
  await expect(ask(gateway, stop.signal)).rejects.toThrow("Ctrl-C");
  await expect.poll(() => closed).toBe(1);
});
