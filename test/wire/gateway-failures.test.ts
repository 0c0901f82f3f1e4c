import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { aModel, createHandClock, type GatewayHouse, type HouseOptions, openHouse } from "../support/gateway-house.js";
import { rawPost } from "../support/gateway-raw.js";
import { exoAnswer, exoChunk, exoDone, exoError, exoKeepAlive, exoModelId } from "../support/upstream-chunks.js";
import { type ExoBehaviour, type FakeExo, openFakeExo, saying, sseHead } from "../support/upstream-fake-exo.js";

/** A loaded machine is no failure. */
const patient = { timeout: 20_000 };

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

async function start(
  behaviours: readonly ExoBehaviour[],
  options: HouseOptions = {},
): Promise<{ exos: readonly FakeExo[]; house: GatewayHouse }> {
  const exos: FakeExo[] = [];
  for (const behaviour of behaviours) exos.push(await openFakeExo(behaviour));
  opened.push(...exos);
  const targets = exos.map((exo, index) => exo.target({ id: `target-${index}` }));
  const house = await openHouse([aModel(targets)], options);
  opened.push(house);
  return { exos, house };
}

const ask = { model: "gpt-oss-120b", messages: [{ role: "user", content: "How many layers?" }] };

const post = (house: GatewayHouse, stream: boolean, signal?: AbortSignal): Promise<Response> =>
  fetch(`${house.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...ask, stream }),
    ...(signal === undefined ? {} : { signal }),
  });

const good = saying(exoAnswer({ content: ["36"] }));

const status =
  (code: number, body: string): ExoBehaviour =>
  (response) => {
    response.writeHead(code, { "content-type": "application/json" });
    response.end(body);
  };

const failuresBeforeTheFirstToken: readonly (readonly [string, ExoBehaviour, number, string])[] = [
  ["a stream without anything", saying(exoKeepAlive), 502, "upstream_incomplete"],
  ["[DONE] without a finish reason", saying(exoKeepAlive + exoDone), 502, "upstream_incomplete"],
  ["an error event", saying(exoKeepAlive + exoError(`${exoModelId} is out of memory`)), 502, "upstream_error"],
  ["no JSON", saying("data: {\n\n"), 502, "upstream_malformed"],
  ["status 500", status(500, "Internal Server Error"), 502, "upstream_status"],
  ["status 404", status(404, '{"error":{"message":"No instance found"}}'), 503, "model_unavailable"],
  ["a closed connection", (response) => void response.destroy(), 502, "upstream_unreachable"],
];

test.each(failuresBeforeTheFirstToken)("%s before the first token is tried again elsewhere", async (_, bad) => {
  for (const stream of [false, true]) {
    const { exos, house } = await start([bad, good]);
    const response = await post(house, stream);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"content":"36"');
    expect(exos.map((exo) => exo.requests.length)).toEqual([1, 1]);
  }
});

test.each(failuresBeforeTheFirstToken)("%s everywhere is told by status", async (_, bad, code, name) => {
  const { exos, house } = await start([bad, bad, good]);
  for (const stream of [false, true]) {
    const response = await post(house, stream);
    const text = await response.text();
    expect({ status: response.status, code: JSON.parse(text).error.code }).toEqual({ status: code, code: name });
    expect(text).not.toContain(exoModelId);
  }
  expect(exos.map((exo) => exo.requests.length)).toEqual([2, 2, 0]);
});

test("what exo finds wrong with a request is wrong everywhere: told as 400, with its reason", async () => {
  const detail = [{ type: "int_parsing", loc: ["body", "max_tokens"], msg: "Input should be valid", input: "secret" }];
  const { exos, house } = await start([status(422, JSON.stringify({ detail })), good]);
  const response = await post(house, false);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: {
      code: "upstream_rejected",
      message: "The model rejected the request: body.max_tokens: Input should be valid",
    },
  });
  expect(exos.map((exo) => exo.requests.length)).toEqual([1, 0]);
});

const failuresAfterAToken: readonly (readonly [string, ExoBehaviour, string])[] = [
  ["the end without a finish reason", saying(exoChunk({ content: "Thir" })), "upstream_incomplete"],
  ["an error event", saying(exoChunk({ content: "Thir" }) + exoError("died")), "upstream_error"],
  [
    "a broken connection",
    (response) => {
      response.writeHead(200, sseHead);
      response.write(exoChunk({ content: "Thir" }), () => setTimeout(() => response.destroy(), 20));
    },
    "upstream_broken",
  ],
];

test.each(failuresAfterAToken)("%s after a token is an event in the stream, and no [DONE]", async (_, bad, code) => {
  const { exos, house } = await start([bad, good]);
  const response = await post(house, true);
  expect(response.status).toBe(200);
  const events = (await response.text()).trim().split("\n\n");
  expect(events.length).toBe(2);
  expect(events[0]).toContain("Thir");
  expect(JSON.parse(events[1]?.replace("data: ", "") ?? "")).toMatchObject({ error: { type: "server_error", code } });
  expect(exos[1]?.requests).toEqual([]);
});

test.each(failuresAfterAToken)("%s after a token is 502 for who wants the answer whole", async (_, bad, code) => {
  const { exos, house } = await start([bad, good]);
  const response = await post(house, false);
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({ error: { code } });
  expect(exos[1]?.requests).toEqual([]);
});

test("a target that is not there any more is not asked again", async () => {
  const { exos, house } = await start([
    (response) => {
      house.serve([aModel([exos[0]?.target({ id: "target-0" }) ?? []].flat())]);
      response.destroy();
    },
    good,
  ]);
  expect((await post(house, false)).status).toBe(502);
  expect(exos[1]?.requests).toEqual([]);
});

test("requests go where the fewest are open, and are counted out when they end", async () => {
  const waiting: (() => void)[] = [];
  const hold: ExoBehaviour = (response) => {
    response.writeHead(200, sseHead);
    response.write(exoKeepAlive);
    waiting.push(() => response.end(exoAnswer({ content: ["36"] })));
  };
  const { exos, house } = await start([hold, hold, hold]);
  const answers = Array.from({ length: 9 }, () => post(house, false).then((response) => response.text()));
  await expect.poll(() => waiting.length, patient).toBe(9);
  expect(exos.map((exo) => exo.requests.length)).toEqual([3, 3, 3]);
  for (const release of waiting.splice(0)) release();
  await Promise.all(answers);
  const next = post(house, false);
  await expect.poll(() => waiting.length, patient).toBe(1);
  expect(exos.map((exo) => exo.requests.length)).toEqual([4, 3, 3]);
  waiting[0]?.();
  await next;
});

test("the status is held back for the first token, but not for ever", async () => {
  const clock = createHandClock();
  let say = (_: string): void => {};
  const { house } = await start(
    [
      (response) => {
        response.writeHead(200, sseHead);
        say = (text) => void response.write(text);
        say(exoKeepAlive);
      },
    ],
    { clock },
  );
  let answered: Response | undefined;
  const answer = post(house, true).then((response) => {
    answered = response;
    return response;
  });
  await expect.poll(() => clock.sleepers(), patient).toBe(1);
  await clock.advance(9_000);
  expect(answered).toBeUndefined();
  await clock.advance(1_000);
  say(exoKeepAlive);
  const response = await answer;
  expect(response.status).toBe(200);
  say(exoError("died"));
  const text = await response.text();
  expect(text.startsWith(": keep-alive\n\n")).toBe(true);
  expect(text).toContain('"code":"upstream_error"');
  expect(text).not.toContain("[DONE]");
});

test("a client that hangs up ends exo's stream at once, before and after the first token", async () => {
  for (const first of [exoKeepAlive, exoKeepAlive + exoChunk({ content: "Thir" })]) {
    let onAsked = (): void => {};
    const asked = new Promise<void>((resolve) => {
      onAsked = resolve;
    });
    const { exos, house } = await start([
      (response) => {
        response.writeHead(200, sseHead);
        response.write(first);
        onAsked();
      },
    ]);
    const socket = connect(house.port, "127.0.0.1");
    socket.write(rawPost("/v1/chat/completions", JSON.stringify({ ...ask, stream: true })));
    await asked;
    socket.destroy();
    await exos[0]?.abandoned;
    await expect.poll(() => house.log.some((line) => line.includes("client gone")), patient).toBe(true);
    expect(house.log.some((line) => line.includes("target failed"))).toBe(false);
  }
});

test("a client that reads too slowly stops exo's stream instead of filling the memory", async () => {
  const total = 40_000;
  let sent = 0;
  let onStall = (): void => {};
  const stalled = new Promise<void>((resolve) => {
    onStall = resolve;
  });
  const { house } = await start([
    (response, _, gone) => {
      response.writeHead(200, sseHead);
      const event = exoChunk({ content: "x".repeat(1_000) });
      const more = (): void => {
        while (sent < total && !gone.aborted) {
          sent += 1;
          if (!response.write(event)) {
            setTimeout(onStall, 300);
            return;
          }
        }
        if (sent === total) response.end(exoChunk({ content: "", finishReason: "stop" }) + exoDone);
      };
      response.on("drain", more);
      more();
    },
  ]);
  const socket = connect(house.port, "127.0.0.1");
  socket.pause();
  socket.write(rawPost("/v1/chat/completions", JSON.stringify({ ...ask, stream: true }), { connection: "close" }));
  await stalled;
  expect(sent).toBeLessThan(total);
  let bytes = 0;
  let tail = "";
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    tail = (tail + chunk.toString("latin1")).slice(-200);
  });
  socket.resume();
  await new Promise((resolve) => socket.once("end", resolve));
  expect(bytes).toBeGreaterThan(total * 1_000);
  expect(tail).toContain("data: [DONE]");
  socket.destroy();
});

test("closing lets a running answer finish, refuses new ones, and answers no more", async () => {
  let finish = (): void => {};
  const { house } = await start(
    [
      (response) => {
        response.writeHead(200, sseHead);
        response.write(exoChunk({ content: "Thirty" }));
        finish = () => void response.end(exoChunk({ content: "-six", finishReason: "stop" }) + exoDone);
      },
    ],
    { limits: { closeGraceMs: 60_000 } },
  );
  const response = await post(house, true);
  const closing = house.close();
  await expect(post(house, false)).rejects.toThrow();
  finish();
  expect(await response.text()).toContain("-six");
  await closing;
  await house.close();
});

test("closing ends what does not finish in time, in words its client understands", async () => {
  const { exos, house } = await start([
    (response) => {
      response.writeHead(200, sseHead);
      response.write(exoChunk({ content: "Thir" }));
    },
  ]);
  const streamed = await post(house, true);
  const whole = post(house, false);
  await expect.poll(() => exos[0]?.requests.length, patient).toBe(2);
  const closing = house.close();
  expect(await streamed.text()).toMatch(/Thir[\s\S]*"code":"shutting_down"[\s\S]*\n\n$/);
  expect((await whole).status).toBe(503);
  await closing;
  await exos[0]?.abandoned;
});
