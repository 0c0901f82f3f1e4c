import { expect, test } from "vitest";
import { createAssembler } from "../../src/gateway/assemble-answer.js";
import { defaultLimits } from "../../src/gateway/gateway-settings.js";
import { type AttemptOutcome, runAttempt } from "../../src/gateway/run-attempt.js";
import { type Upstream, type UpstreamSink, UpstreamUnreachableError } from "../../src/gateway/upstream.js";
import { identity } from "../support/gateway-answers.js";
import { createHandClock, type HandClock } from "../support/gateway-house.js";
import { exoChunk, exoDone, exoKeepAlive, exoPrefillProgress } from "../support/upstream-chunks.js";

const target = { id: "t", copy: "c", baseUrl: "http://127.0.0.1:1", upstreamModel: "m", ready: true, simulated: false };

interface Attempt {
  readonly clock: HandClock;
  readonly outcome: Promise<AttemptOutcome>;
  readonly sink: UpstreamSink;
  /** What the attempt asked of the connection. */
  readonly asked: readonly string[];
  readonly abort: () => void;
  say(stream: string): void;
  /** How it ended, if it has. */
  now(): Promise<AttemptOutcome | "running">;
}

function start(flush: "more" | "pause" = "more"): Attempt & { readonly catchUp: () => void } {
  const clock = createHandClock();
  const asked: string[] = [];
  const stop = new AbortController();
  let sink: UpstreamSink | undefined;
  let catchUp = (): void => {};
  const upstream: Upstream = {
    open(_, given) {
      sink = given;
      return { resume: () => void asked.push("resume"), abort: () => void asked.push("abort") };
    },
  };
  const answer = {
    ...createAssembler(identity),
    flush: (resume: () => void): "more" | "pause" => {
      catchUp = resume;
      return flush;
    },
  };
  const outcome = runAttempt({
    upstream,
    target,
    body: new Uint8Array(),
    answer,
    clock,
    limits: defaultLimits,
    signal: stop.signal,
    onFirstToken: () => {},
  });
  if (sink === undefined) throw new Error("the attempt opened nothing");
  const opened = sink;
  return {
    clock,
    outcome,
    sink: opened,
    asked,
    abort: () => stop.abort(),
    catchUp: () => catchUp(),
    say: (stream) => void opened.data(Buffer.from(stream)),
    now: () => Promise.race([outcome, new Promise<"running">((resolve) => setImmediate(() => resolve("running")))]),
  };
}

const token = exoChunk({ content: "a" });
const last = exoChunk({ content: "", finishReason: "stop" });

test("comments are no progress: a target that only keeps the connection alive is given up", async () => {
  const attempt = start();
  for (let waitedMs = 0; waitedMs < defaultLimits.firstTokenMs; waitedMs += 10_000) {
    expect(await attempt.now()).toBe("running");
    attempt.say(exoKeepAlive);
    await attempt.clock.advance(10_000);
  }
  expect(await attempt.now()).toEqual({
    kind: "failed",
    failure: { kind: "silent", afterMs: defaultLimits.firstTokenMs },
    tokens: "none",
  });
  expect(attempt.asked).toEqual(["abort"]);
});

test("reading the prompt is progress, however long it takes", async () => {
  const attempt = start();
  for (let step = 0; step < 60; step += 1) {
    attempt.say(exoPrefillProgress(step, 60));
    await attempt.clock.advance(60_000);
  }
  expect(await attempt.now()).toBe("running");
});

test("after the first token the shorter limit holds", async () => {
  const attempt = start();
  await attempt.clock.advance(10_000);
  attempt.say(token);
  await attempt.clock.advance(110_000);
  expect(await attempt.now()).toBe("running");
  await attempt.clock.advance(10_000);
  expect(await attempt.now()).toMatchObject({
    failure: { kind: "silent", afterMs: defaultLimits.silenceMs },
    tokens: "some",
  });
});

test("while the client reads too slowly, nobody counts the silence", async () => {
  const attempt = start("pause");
  attempt.say(token);
  await attempt.clock.advance(10 * defaultLimits.silenceMs);
  expect(await attempt.now()).toBe("running");
  attempt.catchUp();
  expect(attempt.asked).toEqual(["resume"]);
  await attempt.clock.advance(defaultLimits.silenceMs);
  await attempt.clock.advance(defaultLimits.silenceMs);
  expect(await attempt.now()).toMatchObject({ failure: { kind: "silent" } });
});

test("an answer is finished at [DONE], and exo gets a moment to close the connection", async () => {
  const attempt = start();
  attempt.say(token + last + exoDone);
  expect(await attempt.outcome).toEqual({ kind: "finished" });
  expect(attempt.asked).toEqual([]);
  await attempt.clock.advance(defaultLimits.lingerMs);
  expect(attempt.asked).toEqual(["abort"]);
});

test("where exo closes the connection itself, nothing is left to wait for", async () => {
  const attempt = start();
  attempt.say(token + last + exoDone);
  await attempt.outcome;
  attempt.sink.end();
  await attempt.clock.advance(0);
  expect(attempt.clock.sleepers()).toBe(0);
  expect(attempt.asked).toEqual([]);
});

test("a finish reason is enough, should the end be missing or the connection break after it", async () => {
  const closed = start();
  closed.say(token + last);
  closed.sink.end();
  expect(await closed.outcome).toEqual({ kind: "finished" });
  const broken = start();
  broken.say(token + last);
  broken.sink.failed(new UpstreamUnreachableError("t", { cause: new Error("reset") }));
  expect(await broken.outcome).toEqual({ kind: "finished" });
});

test.each([
  ["without any token", "", "none"],
  ["after a token", token, "some"],
  ["with [DONE] but no finish reason", token + exoDone, "some"],
])("a stream that ends without a finish reason is a failure: %s", async (_, stream, tokens) => {
  const attempt = start();
  attempt.say(stream);
  attempt.sink.end();
  expect(await attempt.outcome).toEqual({ kind: "failed", failure: { kind: "cut-short" }, tokens });
});

test("exo's finish reason error is a failure", async () => {
  const attempt = start();
  attempt.say(token + exoChunk({ content: "", finishReason: "error" }) + exoDone);
  expect(await attempt.outcome).toMatchObject({ kind: "failed", failure: { kind: "told" } });
});

test("aborting closes the connection at once and leaves nothing behind", async () => {
  const attempt = start();
  attempt.say(token);
  attempt.abort();
  expect(attempt.asked).toEqual(["abort"]);
  expect(await attempt.outcome).toEqual({ kind: "aborted" });
  await attempt.clock.advance(0);
  expect(attempt.clock.sleepers()).toBe(0);
  attempt.say(token);
  attempt.sink.end();
  expect(attempt.asked).toEqual(["abort"]);
});
