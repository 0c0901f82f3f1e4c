import OpenAI from "openai";
import { afterEach, expect, test } from "vitest";
import { aModel, type GatewayHouse, type HouseOptions, openHouse } from "../support/gateway-house.js";
import {
  exoAnswer,
  exoChunk,
  exoDone,
  exoError,
  exoKeepAlive,
  exoModelId,
  exoUsage,
  type NullStyle,
} from "../support/upstream-chunks.js";
import {
  type ExoBehaviour,
  type FakeExo,
  openFakeExo,
  saying,
  sayingInPieces,
  sseHead,
} from "../support/upstream-fake-exo.js";

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

async function start(
  behaviour: ExoBehaviour,
  options: HouseOptions = {},
): Promise<{ exo: FakeExo; house: GatewayHouse; client: OpenAI }> {
  const exo = await openFakeExo(behaviour);
  opened.push(exo);
  const house = await openHouse([aModel([exo.target()])], options);
  opened.push(house);
  const client = new OpenAI({ baseURL: `${house.baseUrl}/v1`, apiKey: "none", maxRetries: 0 });
  return { exo, house, client };
}

const question = [{ role: "user", content: "How many layers?" }] as const;
const ask = { model: "gpt-oss-120b", messages: [...question] };
const styles: readonly NullStyle[] = ["nulls-printed", "nulls-omitted"];

test.each(styles)("a chat is answered whole, under the public name (%s)", async (style) => {
  const stream = exoAnswer({ reasoning: ["Let me ", "think"], content: ["Thirty", "-six", ' "layers"\n✓ 🙂'] }, style);
  const { client, exo } = await start(saying(stream));
  const completion = await client.chat.completions.create(ask);
  expect(completion).toMatchObject({
    object: "chat.completion",
    model: "gpt-oss-120b",
    choices: [
      {
        index: 0,
        finish_reason: "stop",
        message: {
          role: "assistant",
          content: 'Thirty-six "layers"\n✓ 🙂',
          reasoning_content: "Let me think",
        },
      },
    ],
    usage: exoUsage,
  });
  expect(completion.id).toMatch(/^chatcmpl-[0-9a-f]{24}$/);
  expect(completion).not.toHaveProperty("system_fingerprint");
  expect(exo.requests).toEqual(["POST /v1/chat/completions"]);
  expect(exo.bodies[0]).toMatchObject({ model: exoModelId, stream: true, messages: question });
});

test.each(styles)("a stream has OpenAI's shape in every chunk (%s)", async (style) => {
  const stream = exoAnswer({ reasoning: ["Hm"], content: ["Thirty", "-six"] }, style);
  const { client } = await start(saying(stream));
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) chunks.push(chunk);
  expect(
    new Set(chunks.map(({ id, object, model, created }) => JSON.stringify({ id, object, model, created }))).size,
  ).toBe(1);
  expect(chunks[0]).toMatchObject({ object: "chat.completion.chunk", model: "gpt-oss-120b" });
  expect(chunks.map(({ choices }) => choices)).toEqual([
    [{ index: 0, delta: { role: "assistant", reasoning_content: "Hm" }, logprobs: null, finish_reason: null }],
    [{ index: 0, delta: { content: "Thirty" }, logprobs: null, finish_reason: null }],
    [{ index: 0, delta: { content: "-six" }, logprobs: null, finish_reason: null }],
    [{ index: 0, delta: {}, logprobs: null, finish_reason: "stop" }],
  ]);
  for (const chunk of chunks) expect(chunk).not.toHaveProperty("usage");
});

test("an answer that crosses the network in scraps, cut within characters, is the same", async () => {
  const stream = exoAnswer({ reasoning: ["Grübeln"], content: ["Sechs", "und", "dreißig 🙂", "…\n"] });
  const { client, exo } = await start(sayingInPieces(stream, [1, 2, 3, 5, 1, 200]));
  const whole = await client.chat.completions.create(ask);
  expect(whole.choices[0]?.message.content).toBe("Sechsunddreißig 🙂…\n");
  exo.behave(sayingInPieces(stream, [7, 1, 1]));
  let text = "";
  for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
    text += chunk.choices[0]?.delta.content ?? "";
  }
  expect(text).toBe("Sechsunddreißig 🙂…\n");
});

test("usage comes in a last chunk without choices, when it is asked for", async () => {
  const { client } = await start(saying(exoAnswer({ content: ["36"] })));
  const stream = await client.chat.completions.create({
    ...ask,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual([null, null]);
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: exoUsage });
});

test("a tool call arrives in the shape of the SDK, streamed and whole", async () => {
  const call = { id: "call-7", name: "layers", arguments: '{"model":"gpt-oss-120b"}' };
  const stream = exoKeepAlive + exoChunk({ toolCalls: [call], finishReason: "tool_calls", usage: exoUsage }) + exoDone;
  const { client, exo } = await start(saying(stream));
  const tools = [{ type: "function", function: { name: "layers", parameters: { type: "object" } } }] as const;
  const whole = await client.chat.completions.create({ ...ask, tools: [...tools] });
  expect(whole.choices[0]).toEqual({
    index: 0,
    finish_reason: "tool_calls",
    logprobs: null,
    message: {
      role: "assistant",
      content: null,
      refusal: null,
      tool_calls: [{ id: "call-7", type: "function", function: { name: "layers", arguments: call.arguments } }],
    },
  });
  const runner = client.chat.completions.stream({ ...ask, tools: [...tools] });
  const final = await runner.finalChatCompletion();
  expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({
    id: "call-7",
    function: { name: "layers", arguments: call.arguments },
  });
  expect(exo.bodies[0]).toMatchObject({ tools });
});

test("a simulated cluster says so in every answer", async () => {
  const { client, house, exo } = await start(saying(exoAnswer({ content: ["[simulated] 36"] })));
  house.serve([aModel([exo.target({ simulated: true })])]);
  const whole = await client.chat.completions.create(ask);
  expect(whole.system_fingerprint).toBe("exoctl-simulated");
  for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
    expect(chunk.system_fingerprint).toBe("exoctl-simulated");
  }
});

test("the SDK lists the models and their aliases, and shows one", async () => {
  const { client } = await start(saying(""));
  const models = await client.models.list();
  expect(models.data.map(({ id, object }) => ({ id, object }))).toEqual([
    { id: "gpt-oss-120b", object: "model" },
    { id: "think", object: "model" },
  ]);
  expect(await client.models.retrieve("think")).toMatchObject({ id: "think", root: "gpt-oss-120b" });
  await expect(client.models.retrieve("llama")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
});

test("an alias is answered by its model", async () => {
  const { client } = await start(saying(exoAnswer({ content: ["36"] })));
  expect((await client.chat.completions.create({ ...ask, model: "think" })).model).toBe("gpt-oss-120b");
});

test("errors become the SDK's classes", async () => {
  const { client, house } = await start(saying(""));
  const unknown = client.chat.completions.create({ ...ask, model: "gpt-oss-12b" });
  await expect(unknown).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  await expect(unknown).rejects.toMatchObject({ code: "model_not_found", message: /Did you mean 'gpt-oss-120b'/ });
  const refused = client.chat.completions.create({ ...ask, n: 3 });
  await expect(refused).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  await expect(refused).rejects.toMatchObject({ code: "unsupported_parameter", param: "n" });
  house.serve([aModel([], { state: "loading", reason: "12 of 36 layers are loaded" })]);
  const loading = client.chat.completions.create(ask);
  await expect(loading).rejects.toBeInstanceOf(OpenAI.InternalServerError);
  await expect(loading).rejects.toMatchObject({ status: 503, code: "model_loading", message: /12 of 36/ });
});

test("an error in mid-stream reaches the SDK as an error, with the public name in it", async () => {
  const stream = exoKeepAlive + exoChunk({ content: "Thir" }) + exoError(`runner of ${exoModelId} died`);
  const { client } = await start(saying(stream));
  const seen: string[] = [];
  const reading = async (): Promise<void> => {
    for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
      seen.push(chunk.choices[0]?.delta.content ?? "");
    }
  };
  await expect(reading()).rejects.toMatchObject({ message: /runner of gpt-oss-120b died/, code: "upstream_error" });
  expect(seen).toEqual(["Thir"]);
});

test("aborting in the SDK closes exo's connection", async () => {
  const { client, exo } = await start((response) => {
    response.writeHead(200, sseHead);
    response.write(exoKeepAlive + exoChunk({ content: "Thir" }));
  });
  const stream = await client.chat.completions.create({ ...ask, stream: true });
  for await (const chunk of stream) {
    expect(chunk.choices[0]?.delta.content).toBe("Thir");
    break;
  }
  await exo.abandoned;
});

test("aborting before the first token closes exo's connection", async () => {
  let onAsked = (): void => {};
  const asked = new Promise<void>((resolve) => {
    onAsked = resolve;
  });
  const { client, exo } = await start((response) => {
    response.writeHead(200, sseHead);
    response.write(exoKeepAlive);
    onAsked();
  });
  const abort = new AbortController();
  const answer = client.chat.completions.create(ask, { signal: abort.signal });
  await asked;
  abort.abort();
  await expect(answer).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
  await exo.abandoned;
});
