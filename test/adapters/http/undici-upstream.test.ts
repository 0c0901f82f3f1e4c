import { createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openUndiciUpstream, type UndiciUpstreamOptions } from "../../../src/adapters/http/undici-upstream.js";
import type { UpstreamError, UpstreamExchange, UpstreamSink } from "../../../src/gateway/upstream.js";
import { type ExoBehaviour, type FakeExo, openFakeExo, saying, sseHead } from "../../support/upstream-fake-exo.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function fakeExo(behaviour: ExoBehaviour): Promise<FakeExo> {
  const exo = await openFakeExo(behaviour);
  closers.push(() => exo.close());
  return exo;
}

function upstreamWith(options: UndiciUpstreamOptions = {}): ReturnType<typeof openUndiciUpstream> {
  const upstream = openUndiciUpstream(options);
  closers.push(() => upstream.close());
  return upstream;
}

interface Heard {
  readonly sink: UpstreamSink;
  readonly over: Promise<UpstreamError | "end">;
  readonly bytes: () => number;
  readonly text: () => string;
}

function listener(onData: (bytes: Uint8Array) => "more" | "pause" = () => "more"): Heard {
  const chunks: Uint8Array[] = [];
  let settle = (_: UpstreamError | "end"): void => {};
  const over = new Promise<UpstreamError | "end">((resolve) => {
    settle = resolve;
  });
  return {
    over,
    bytes: () => chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    text: () => Buffer.concat(chunks).toString("utf8"),
    sink: {
      data(bytes) {
        chunks.push(Uint8Array.from(bytes));
        return onData(bytes);
      },
      end: () => settle("end"),
      failed: settle,
    },
  };
}

const body = Buffer.from('{"model":"m","messages":[]}');

test("a request is a POST of the body to exo's chat path, and the answer's bytes come as they are", async () => {
  const exo = await fakeExo(saying("data: [DONE]\n\n"));
  const heard = listener();
  upstreamWith().open({ target: exo.target(), body }, heard.sink);
  expect(await heard.over).toBe("end");
  expect(heard.text()).toBe("data: [DONE]\n\n");
  expect(exo.requests).toEqual(["POST /v1/chat/completions"]);
  expect(exo.rawBodies).toEqual([body.toString("utf8")]);
});

test("nobody listening is unreachable", async () => {
  const exo = await openFakeExo();
  await exo.close();
  const heard = listener();
  upstreamWith().open({ target: exo.target(), body }, heard.sink);
  expect(await heard.over).toMatchObject({ code: "upstream_unreachable", retryable: true });
});

test("an address that is no address is unreachable, not an exception", async () => {
  const heard = listener();
  const target = { id: "t", copy: "c", baseUrl: "nonsense", upstreamModel: "m", ready: true, simulated: false };
  upstreamWith().open({ target, body }, heard.sink);
  expect(await heard.over).toMatchObject({ code: "upstream_unreachable" });
});

test("a connection closed before the status line is unreachable", async () => {
  const server: Server = createServer((socket) => socket.once("data", () => socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const heard = listener();
  const target = {
    id: "t",
    copy: "c",
    baseUrl: `http://127.0.0.1:${address.port}`,
    upstreamModel: "m",
    ready: true,
    simulated: false,
  };
  upstreamWith().open({ target, body }, heard.sink);
  expect(await heard.over).toMatchObject({ code: "upstream_unreachable" });
});

test("a status that never comes is unreachable after the deadline", async () => {
  const exo = await fakeExo(() => {});
  const heard = listener();
  upstreamWith({ headersTimeoutMs: 50 }).open({ target: exo.target(), body }, heard.sink);
  expect(await heard.over).toMatchObject({ code: "upstream_unreachable" });
});

test.each([
  [404, true],
  [422, false],
  [500, true],
])("status %i is reported with its body", async (status, retryable) => {
  const exo = await fakeExo((response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end('{"detail":"no"}');
  });
  const heard = listener();
  upstreamWith().open({ target: exo.target(), body }, heard.sink);
  expect(await heard.over).toMatchObject({ code: "upstream_status", status, body: '{"detail":"no"}', retryable });
  expect(heard.bytes()).toBe(0);
});

test("an error body without end is cut, and the connection closed", async () => {
  const exo = await fakeExo((response, _, gone) => {
    response.writeHead(500);
    const more = (): void => {
      while (!gone.aborted && response.write("x".repeat(10_000)));
    };
    response.on("drain", more);
    more();
  });
  const heard = listener();
  upstreamWith().open({ target: exo.target(), body }, heard.sink);
  const error = await heard.over;
  expect(error).toMatchObject({ code: "upstream_status", status: 500 });
  expect((error as { body: string }).body.length).toBe(16 * 1024);
  await exo.abandoned;
});

test("an answer that breaks off is broken", async () => {
  const exo = await fakeExo((response) => {
    response.writeHead(200, sseHead);
    response.write("data: 1\n\n", () => setTimeout(() => response.destroy(), 20));
  });
  const heard = listener();
  upstreamWith().open({ target: exo.target(), body }, heard.sink);
  expect(await heard.over).toMatchObject({ code: "upstream_broken", retryable: true });
  expect(heard.text()).toBe("data: 1\n\n");
});

test("aborting closes the socket, and nothing is heard afterwards", async () => {
  const exo = await fakeExo((response) => {
    response.writeHead(200, sseHead);
    response.write("data: 1\n\n");
  });
  let exchange: UpstreamExchange | undefined;
  let calls = 0;
  const upstream = upstreamWith();
  await new Promise<void>((resolve) => {
    exchange = upstream.open(
      { target: exo.target(), body },
      {
        data() {
          calls += 1;
          resolve();
          return "more";
        },
        end() {
          calls += 1;
        },
        failed() {
          calls += 1;
        },
      },
    );
  });
  exchange?.abort();
  exchange?.abort();
  await exo.abandoned;
  expect(calls).toBe(1);
});

test("aborting before the connection stands sends no request", async () => {
  const exo = await fakeExo(saying(""));
  const upstream = upstreamWith();
  const unheard = listener();
  upstream.open({ target: exo.target(), body }, unheard.sink).abort();
  const heard = listener();
  upstream.open({ target: exo.target(), body }, heard.sink);
  await heard.over;
  expect(exo.requests.length).toBe(1);
});

test("a paused answer stops the sender, and goes on after resume", async () => {
  const total = 64 * 1024 * 1024;
  let sent = 0;
  const stalls = { seen: () => {} };
  const stalled = new Promise<void>((resolve) => {
    stalls.seen = resolve;
  });
  const exo = await fakeExo((response, _, gone) => {
    response.writeHead(200, sseHead);
    const piece = Buffer.alloc(256 * 1024, "x");
    const more = (): void => {
      while (sent < total && !gone.aborted) {
        sent += piece.length;
        if (!response.write(piece)) return void setTimeout(stalls.seen, 200);
      }
      response.end();
    };
    response.on("drain", more);
    more();
  });
  let answer: "more" | "pause" = "pause";
  const heard = listener(() => answer);
  const exchange = upstreamWith().open({ target: exo.target(), body }, heard.sink);
  await stalled;
  expect(sent).toBeLessThan(total);
  expect(heard.bytes()).toBeLessThan(1024 * 1024);
  answer = "more";
  exchange.resume();
  expect(await heard.over).toBe("end");
  expect(heard.bytes()).toBe(total);
});

test("closing fails what is still under way", async () => {
  const exo = await fakeExo((response) => {
    response.writeHead(200, sseHead);
    response.write("data: 1\n\n");
  });
  const upstream = openUndiciUpstream();
  const heard = listener(() => {
    void upstream.close();
    return "more";
  });
  upstream.open({ target: exo.target(), body }, heard.sink);
  expect(await heard.over).toMatchObject({ code: "upstream_broken" });
  await upstream.close();
});
