import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { openModernExo } from "../../../../src/adapters/exo-modern/open-modern-exo.js";
import { createAssembler } from "../../../../src/gateway/assemble-answer.js";
import { defaultLimits } from "../../../../src/gateway/gateway-settings.js";
import { parseChatRequest } from "../../../../src/gateway/parse-chat-request.js";
import { type AttemptOutcome, runAttempt } from "../../../../src/gateway/run-attempt.js";
import type { UpstreamSink } from "../../../../src/gateway/upstream.js";
import { settleUpstream, upstreamBody } from "../../../../src/gateway/upstream-body.js";
import { ExoUnreachableError } from "../../../../src/inventory/exo-state.js";
import { pickTarget } from "../../../../src/route/pick-target.js";
import { type Route, startFakeExo } from "../../../support/exo-fake-server.js";
import { identity } from "../../../support/gateway-answers.js";
import { aModel, createHandClock } from "../../../support/gateway-house.js";
import { exoChunk, exoDone, exoKeepAlive } from "../../../support/upstream-chunks.js";

const signal = new AbortController().signal;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const target = { id: "t", copy: "c", baseUrl: "http://127.0.0.1:1", upstreamModel: "m", ready: true, simulated: false };
const aChunk = exoChunk({ content: "Par" });
const anError = 'data: {"error":{"message":"boom","type":"InternalServerError","param":null,"code":500}}\n\n';

/** One request of the gateway's to a target that says what a test wants. */
function attempt() {
  const clock = createHandClock();
  const stop = new AbortController();
  const asked: string[] = [];
  let sink: UpstreamSink | undefined;
  const outcome: Promise<AttemptOutcome> = runAttempt({
    upstream: {
      open: (_, given) => {
        sink = given;
        return { resume: () => {}, abort: () => void asked.push("abort") };
      },
    },
    target,
    body: new Uint8Array(),
    answer: { ...createAssembler(identity), flush: () => "more" as const },
    clock,
    limits: defaultLimits,
    signal: stop.signal,
    onFirstToken: () => {},
  });
  const said = (stream: string): void => void sink?.data(Buffer.from(stream));
  return { clock, outcome, asked, said, end: () => sink?.end(), abort: () => stop.abort() };
}

async function proven(route: Route, tokenSilenceMs = 5_000) {
  const server = await startFakeExo({ "POST /v1/chat/completions": route });
  const exo = openModernExo(server.address, { tokenSilenceMs });
  closers.push(server.close, exo.close);
  const answer: unknown = await exo.prove("m", "hello?", signal).catch((error: unknown) => error);
  return { server, answer };
}

const stream =
  (...pieces: readonly string[]): Route =>
  (_, answer) => {
    answer.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) answer.write(piece);
    answer.end();
  };

describe("sharp edge 7: streams can stay open for ever", () => {
  test("a proof gives up after token silence, however often the stream says that it is alive", async () => {
    const timers: NodeJS.Timeout[] = [];
    const alive: Route = (_, answer) => {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      timers.push(setInterval(() => answer.write(exoKeepAlive), 10));
    };
    const { answer } = await proven(alive, 100);
    for (const timer of timers) clearInterval(timer);
    expect(answer).toBeInstanceOf(ExoUnreachableError);
  });

  test("so does the gateway, after some tokens too", async () => {
    const { clock, outcome, asked, said } = attempt();
    said(aChunk);
    for (let waitedMs = 0; waitedMs < defaultLimits.silenceMs; waitedMs += 10_000) {
      said(exoKeepAlive);
      await clock.advance(10_000);
    }
    expect(await outcome).toMatchObject({ kind: "failed", failure: { kind: "silent" }, tokens: "some" });
    expect(asked).toEqual(["abort"]);
  });
});

describe("sharp edge 8: an end without a finish reason, and errors inside 200", () => {
  test.each<[string, readonly string[], RegExp]>([
    ["a stream that just ends", [aChunk], /without a finish reason/],
    ["a stream that ends with its mark alone", [aChunk, exoDone], /without a finish reason/],
    ["an error in mid-stream", [aChunk, anError, exoDone], /boom/],
  ])("%s is a failure, never a short answer", async (_, pieces, words) => {
    expect(String((await proven(stream(...pieces))).answer)).toMatch(words);
    const { outcome, said, end } = attempt();
    said(pieces.join(""));
    end();
    expect(await outcome).toMatchObject({ kind: "failed", tokens: "some" });
  });
});

describe("sharp edge 9: errors of an unstreamed answer look like a broken connection", () => {
  test("exo is always asked for a stream, whatever the client wants", async () => {
    const { server } = await proven(stream(aChunk, exoDone));
    expect(server.seen[0]?.body).toMatchObject({ stream: true });
    const parsed = parseChatRequest(
      Buffer.from('{"model":"gpt-oss-120b","messages":[{"role":"user","content":"hi"}],"stream":false}'),
    );
    if (parsed.kind === "refused") throw new Error(parsed.error.message);
    const body = upstreamBody(
      parsed.request,
      settleUpstream(parsed.request, aModel([]), () => 0),
      "m",
    );
    expect(JSON.parse(body.toString())).toMatchObject({ stream: true });
  });
});

describe("sharp edge 10: /v1/cancel rarely stops the GPU", () => {
  test("a proof that is given up closes its connection, and calls no such route", async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const stop = new AbortController();
    const server = await startFakeExo({
      "POST /v1/chat/completions": (_, answer, raw) => {
        closed = once(raw.socket, "close");
        answer.writeHead(200, { "content-type": "text/event-stream" });
        answer.write(aChunk);
        stop.abort(new Error("enough"));
      },
    });
    const exo = openModernExo(server.address);
    closers.push(server.close, exo.close);
    await expect(exo.prove("m", "hello?", stop.signal)).rejects.toThrow("enough");
    await closed;
    expect(server.seen.map(({ path }) => path)).toEqual(["/v1/chat/completions"]);
  });

  test("so does a client that leaves the gateway", async () => {
    const { outcome, asked, said, abort } = attempt();
    said(aChunk);
    abort();
    expect(await outcome).toEqual({ kind: "aborted" });
    expect(asked).toEqual(["abort"]);
  });
});

describe("sharp edge 25: a fixed seed and silently ignored fields", () => {
  const sent = (fields: object, random: () => number): Record<string, unknown> => {
    const body = { model: "gpt-oss-120b", messages: [{ role: "user", content: "hi" }], ...fields };
    const parsed = parseChatRequest(Buffer.from(JSON.stringify(body)));
    if (parsed.kind === "refused") throw new Error(parsed.error.message);
    const settings = settleUpstream(parsed.request, aModel([]), random);
    return JSON.parse(upstreamBody(parsed.request, settings, "m").toString()) as Record<string, unknown>;
  };

  test("seed and limit are always said, and a new name of the limit becomes the old one", () => {
    expect(sent({}, () => 0.25).seed).not.toBe(sent({}, () => 0.75).seed);
    expect(sent({ seed: 7 }, () => 0.25)).toMatchObject({ seed: 7, max_tokens: expect.any(Number) });
    const renamed = sent({ max_completion_tokens: 5 }, () => 0);
    expect(renamed).toMatchObject({ max_tokens: 5 });
    expect(renamed).not.toHaveProperty("max_completion_tokens");
  });

  test("what exo would drop without a word is refused with one", () => {
    for (const field of [{ n: 2 }, { response_format: { type: "json_object" } }])
      expect(() => sent(field, () => 0), JSON.stringify(field)).toThrow();
  });
});

describe("sharp edge 26: an API node that dies takes its streams with it", () => {
  test("a broken connection is a failure that may be tried elsewhere, and elsewhere is another node of it", async () => {
    const { outcome, end } = attempt();
    end();
    expect(await outcome).toMatchObject({ kind: "failed", tokens: "none" });
    const other = { ...target, id: "u" };
    expect(pickTarget([target, other], new Map(), new Set(["t"]))?.id).toBe("u");
  });
});
