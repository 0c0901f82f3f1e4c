import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { openHttpClassicExo } from "../../../src/adapters/exo-classic/http-classic-exo.js";
import type { ClassicChatEvent, ClassicChatTiming } from "../../../src/inventory/classic-exo.js";
import { recordedText, recording } from "../../support/classic-recordings.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

/** A server that answers what a test wants, and the adapter in front of it. */
async function serve(answer: (response: ServerResponse, request: IncomingMessage) => void, deadlineMs = 8_000) {
  const server = createServer((request, response) => answer(response, request));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const exo = openHttpClassicExo({
    address: { host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    deadlineMs,
  });
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    exo.close,
  );
  return exo;
}

const sse = "text/event-stream";
const recordedStream = recordedText("http/chat-dummy-stream.sse");
const events = recordedStream.split("\n\n").filter((event) => event !== "");

/** Chats to the end and gives what came, and the error if there was one. */
async function chat(
  exo: Awaited<ReturnType<typeof serve>>,
  model = "dummy",
  timing: Partial<ClassicChatTiming> = {},
  signal = soon(),
) {
  const came: ClassicChatEvent[] = [];
  const messages = [{ role: "user", content: "hi" }] as const;
  try {
    for await (const event of exo.chat(
      { model, messages },
      { firstTokenMs: 8_000, silenceMs: 8_000, ...timing },
      signal,
    ))
      came.push(event);
    return { came };
  } catch (error) {
    return { came, error };
  }
}

describe("chat", () => {
  test("a whole answer in pieces of any size", async () => {
    const exo = await serve((response) => {
      response.writeHead(200, { "content-type": sse });
      for (let at = 0; at < recordedStream.length; at += 97) response.write(recordedStream.slice(at, at + 97));
      response.end();
    });
    const { came, error } = await chat(exo);
    expect(error).toBeUndefined();
    expect(came).toHaveLength(11);
    expect(came.at(-1)).toMatchObject({
      kind: "end",
      finishReason: "stop",
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test("a recorded stream whose ring lost a node is no answer, however it ends", async () => {
    // The recorder took the last blank line off.
    const broken = `${recordedText("failure/kill9-middle-node.sse")}\n\n`;
    const exo = await serve((response) => response.writeHead(200, { "content-type": sse }).end(broken));
    const { came, error } = await chat(exo);
    expect(came).toHaveLength(recording("failure/kill9-middle-node").stream.events_before_kill);
    expect(error).toMatchObject({ name: "ClassicChatError", code: "chat_unfinished", tokens: 6, retryable: true });
  });

  test("exo's time limit, which breaks the protocol, is an unfinished answer", async () => {
    const { last_bytes } = recording("http/long-generation-and-disconnect").stream_longer_than_timeout;
    const exo = await serve((response) => {
      response.writeHead(200, { "content-type": sse });
      response.write(`${events[0]}\n\n`);
      response.socket?.end(last_bytes.slice(last_bytes.indexOf("HTTP/1.1 408")));
    });
    const { came, error } = await chat(exo);
    expect(came).toEqual([{ kind: "token", text: "dummy" }]);
    expect(error).toMatchObject({ code: "chat_unfinished", tokens: 1 });
  });

  test("another model's answer is refused before its first token", async () => {
    const exo = await serve((response) => response.writeHead(200, { "content-type": sse }).end(recordedStream));
    const { came, error } = await chat(exo, "gpt-oss-120b");
    expect(came).toEqual([]);
    expect(error).toMatchObject({ code: "chat_other_model", retryable: false });
    expect(String(error)).toContain("asked for gpt-oss-120b, exo answers with its model dummy");
  });

  test.each([
    ["no JSON", "data: {not json\n\n"],
    ["no chat event", 'data: {"object":"chat.completion"}\n\n'],
    ["an odd finish reason", `${events[0]?.replace('"finish_reason": null', '"finish_reason": 7')}\n\n`],
  ])("%s is garbled", async (_, text) => {
    const exo = await serve((response) => response.writeHead(200, { "content-type": sse }).end(text));
    expect((await chat(exo)).error).toMatchObject({ code: "chat_garbled", tokens: 0 });
  });

  test("silence before and between tokens ends it; the caller's own reason goes through", async () => {
    const mute = await serve(() => {});
    expect((await chat(mute, "dummy", { firstTokenMs: 60 })).error).toMatchObject({ code: "chat_silent", tokens: 0 });
    const stuck = await serve((response) => response.writeHead(200, { "content-type": sse }).write(`${events[0]}\n\n`));
    expect((await chat(stuck, "dummy", { silenceMs: 60 })).error).toMatchObject({ code: "chat_silent", tokens: 1 });
    const reason = new Error("the client has left");
    expect((await chat(mute, "dummy", {}, AbortSignal.abort(reason))).error).toBe(reason);
  });

  test("errors before the answer are exo's own words", async () => {
    const { status, json } = recording("http/chat-unknown-model").response;
    const refusing = await serve((response) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json)),
    );
    expect((await chat(refusing)).error).toMatchObject({
      name: "ExoAnswerError",
      status: 400,
      retryable: false,
      detail: json.detail,
    });
    const late = await serve((response) => response.writeHead(408).end('{"detail": "Request timed out"}'));
    expect((await chat(late)).error).toMatchObject({ status: 408, retryable: true, detail: "Request timed out" });
  });

  test("leaving the loop closes the connection", async () => {
    let closed: () => void = () => {};
    const seen = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const exo = await serve((response) => {
      response.once("close", closed);
      response.writeHead(200, { "content-type": sse }).write(`${events[0]}\n\n`);
    });
    const asked = exo.chat({ model: "dummy", messages: [] }, { firstTokenMs: 5_000, silenceMs: 5_000 }, soon());
    expect((await asked.next()).value).toEqual({ kind: "token", text: "dummy" });
    await asked.return(undefined);
    await seen;
  });
});

describe("questions", () => {
  test("nothing listens, or it is too slow: unreachable", async () => {
    const gone = openHttpClassicExo({ address: { host: "127.0.0.1", port: 1 } });
    await expect(gone.health(soon())).rejects.toMatchObject({ name: "ExoUnreachableError", retryable: true });
    await gone.close();
    const slow = await serve(() => {}, 100);
    await expect(slow.topology(soon())).rejects.toMatchObject({ name: "ExoUnreachableError" });
    const dripping = await serve((response) => void response.writeHead(200).write("{"), 300);
    await expect(dripping.topology(soon())).rejects.toMatchObject({ name: "ExoUnreachableError" });
  });

  test.each([
    ["a web page", 200, "<html>"],
    ["an empty answer", 200, ""],
    ["JSON of something else", 200, '{"nodes": []}'],
    ["far too much", 200, `{"nodes": {}, "peer_graph": {}, "x": "${"x".repeat(5 * 1024 * 1024)}"}`],
    ["exo 1.x", 404, '{"detail": "Not Found"}'],
  ])("%s is no topology", async (_, status, body) => {
    const exo = await serve((response) => response.writeHead(status).end(body));
    await expect(exo.topology(soon())).rejects.toMatchObject({ name: "ExoAnswerError", status });
  });

  test("quit is understood, and asked with POST", async () => {
    const { json } = recording("http/quit").response;
    const exo = await serve((response, { method, url }) =>
      response.writeHead(method === "POST" && url === "/quit" ? 200 : 404).end(JSON.stringify(json)),
    );
    await expect(exo.quit(soon())).resolves.toBeUndefined();
  });
});
