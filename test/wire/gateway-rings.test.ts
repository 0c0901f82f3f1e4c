import { afterEach, expect, test } from "vitest";
import type { ServingModel } from "../../src/route/serving-model.js";
import { aModel, type GatewayHouse, type HouseOptions, openHouse } from "../support/gateway-house.js";
import { type FakeExo, openFakeExo, sseHead } from "../support/upstream-fake-exo.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of open.splice(0).toReversed()) await part.close();
});

/** One event as exo 0.0.15 writes it, by the recordings. */
const event = (text: string, finish: "stop" | null = null, model = "oss-120b"): string =>
  `data: ${JSON.stringify({
    id: "chatcmpl-9ef8cada",
    object: "chat.completion",
    created: 1_795_458_216,
    model,
    system_fingerprint: "exo_0.0.1",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: text },
        logprobs: null,
        finish_reason: finish,
        delta: { role: "assistant", content: text },
      },
    ],
  })}\n\n`;

async function ring(options: HouseOptions = {}): Promise<{ exo: FakeExo; house: GatewayHouse; model: ServingModel }> {
  const exo = await openFakeExo();
  open.push(exo);
  const model = aModel([exo.target({ id: "oss-120b@studio-1", upstreamModel: "oss-120b" })], { ring: "classic" });
  const house = await openHouse([model], options);
  open.push(house);
  return { exo, house, model };
}

const ask = (house: GatewayHouse, body: object = {}, signal?: AbortSignal) =>
  fetch(`${house.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-oss-120b", messages: [{ role: "user", content: "hi" }], stream: true, ...body }),
    ...(signal === undefined ? {} : { signal }),
  });

const gate = () => {
  let pass: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    pass = resolve;
  });
  return { passed, pass: () => pass() };
};

test("a stream of exo 0.0.x becomes an OpenAI stream, with its own end", async () => {
  const { exo, house } = await ring();
  exo.behave((response) => {
    response.writeHead(200, sseHead);
    response.end(event("one") + event(" two") + event(" two") + event(".", "stop"));
  });
  const text = await (await ask(house)).text();
  const events = text.split("\n\n").filter((line) => line !== "");
  expect(events.at(-1)).toBe("data: [DONE]");
  const chunks = events.slice(0, -1).map((line) => JSON.parse(line.slice(6)));
  expect(chunks.map(({ choices }) => choices[0].delta.content).join("")).toBe("one two two.");
  expect(chunks.every(({ object, model }) => object === "chat.completion.chunk" && model === "gpt-oss-120b")).toBe(
    true,
  );
  expect(chunks[0].choices[0]).not.toHaveProperty("message");
  expect(chunks.at(-1).choices[0].finish_reason).toBe("stop");
  expect(exo.bodies[0]).toMatchObject({ model: "oss-120b", stream: true });
});

test("a whole answer is put together from the stream", async () => {
  const { exo, house } = await ring();
  exo.behave((response) => {
    response.writeHead(200, sseHead);
    response.end(event("dum") + event("my", "stop"));
  });
  const answer = await (await ask(house, { stream: false })).json();
  expect(answer).toMatchObject({ object: "chat.completion", choices: [{ message: { content: "dummy" } }] });
});

test("a stream that ends without a finish reason is an error", async () => {
  const { exo, house } = await ring();
  exo.behave((response) => {
    response.writeHead(200, sseHead);
    response.end(event("half"));
  });
  const text = await (await ask(house)).text();
  expect(text).toContain("upstream_incomplete");
  expect(text).not.toContain("[DONE]");
});

test("an answer of another model reaches nobody", async () => {
  const { exo, house } = await ring();
  exo.behave((response) => {
    response.writeHead(200, sseHead);
    response.end(event("wrong", null, "llama-3.2-1b") + event("!", "stop", "llama-3.2-1b"));
  });
  const answer = await ask(house);
  expect(answer.status).toBe(502);
  expect(await answer.text()).toContain("other_model");
});

test("one request at a time: the second is sent when the ring has done with the first", async () => {
  const { exo, house } = await ring();
  const first = gate();
  exo.behave(async (response) => {
    response.writeHead(200, sseHead);
    response.write(event("a"));
    if (exo.requests.length === 1) await first.passed;
    response.end(event("b", "stop"));
  });
  const one = ask(house);
  const reading = (await one).text();
  const two = ask(house);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(exo.requests).toHaveLength(1);
  first.pass();
  expect(await reading).toContain("[DONE]");
  expect(await (await two).text()).toContain("[DONE]");
  expect(exo.requests).toHaveLength(2);
});

test("when the client leaves, the ring is not free before it has done: it can't be told to stop", async () => {
  const { exo, house } = await ring();
  const rest = gate();
  exo.behave(async (response, _body, gone) => {
    response.writeHead(200, sseHead);
    response.write(event("a"));
    if (exo.requests.length === 1) await rest.passed;
    expect(gone.aborted).toBe(false);
    response.end(event("b", "stop"));
  });
  const leaving = new AbortController();
  const answer = await ask(house, {}, leaving.signal);
  await answer.body?.getReader().read();
  leaving.abort();
  const next = ask(house);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(exo.requests).toHaveLength(1);
  rest.pass();
  expect(await (await next).text()).toContain("[DONE]");
});

test("a lost node fails the running stream at once, and the next request waits until the ring is whole", async () => {
  const { exo, house, model } = await ring();
  const never = gate();
  exo.behave(async (response) => {
    response.writeHead(200, sseHead);
    if (exo.requests.length > 1) {
      response.end(event("b", "stop"));
      return;
    }
    response.write(event("a"));
    await never.passed;
  });
  const answer = await ask(house);
  house.serve([{ ...model, state: "loading", reason: "exo on studio-2 does not answer", targets: [] }]);
  const text = await answer.text();
  expect(text).toContain("ring_lost");
  expect(text).toContain("exo on studio-2 does not answer");
  const next = ask(house);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(exo.requests).toHaveLength(1);
  house.serve([model]);
  expect(await (await next).text()).toContain("[DONE]");
  never.pass();
});

test("requests wait no longer than they may, and not too many of them", async () => {
  const { exo, house } = await ring({ limits: { queueMs: 60, maxWaiting: 1 } });
  const first = gate();
  exo.behave(async (response) => {
    response.writeHead(200, sseHead);
    response.write(event("a"));
    await first.passed;
    response.end(event("b", "stop"));
  });
  const one = await ask(house);
  const [two, three] = [ask(house), ask(house)];
  const refused = await Promise.all(
    [two, three].map(async (answer) => ((await (await answer).json()) as { error: { code: string } }).error.code),
  );
  expect(refused.toSorted()).toEqual(["queue_full", "queue_timeout"]);
  first.pass();
  expect(await one.text()).toContain("[DONE]");
});
