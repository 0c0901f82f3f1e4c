import { expect, test } from "vitest";
import { type ChatRequest, parseChatRequest } from "../../src/gateway/parse-chat-request.js";
import { settleUpstream, upstreamBody } from "../../src/gateway/upstream-body.js";
import { aModel } from "../support/gateway-house.js";

const messages = [{ role: "user", content: "How many layers?" }];

const parse = (body: unknown) => parseChatRequest(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));

function accepted(fields: object): ChatRequest {
  const parsed = parse({ model: "gpt-oss-120b", messages, ...fields });
  if (parsed.kind === "refused") throw new Error(parsed.error.message);
  return parsed.request;
}

function refusal(fields: object): object {
  const parsed = parse({ model: "gpt-oss-120b", messages, ...fields });
  if (parsed.kind === "request") throw new Error("was accepted");
  return parsed.error;
}

const sent = (fields: object): Record<string, unknown> => {
  const request = accepted(fields);
  const settings = settleUpstream(request, aModel([]), () => 0.5);
  return JSON.parse(upstreamBody(request, settings, "exoctl/m").toString("utf8")) as Record<string, unknown>;
};

test("exo gets its own name of the model, a stream, a limit and a seed, and the client's fields", () => {
  expect(sent({ temperature: 0.2, stop: ["a"], reasoning_effort: "high", stream: false })).toEqual({
    model: "exoctl/m",
    stream: true,
    max_tokens: 32_168,
    seed: 2 ** 31,
    messages,
    temperature: 0.2,
    stop: ["a"],
    reasoning_effort: "high",
  });
});

test("what the client wrote is passed on byte for byte", () => {
  const text = '{"model" : "m", "messages":[ {"role":"user", "content":"\\u00e9 é 1.0"} ] ,"temperature": 0.10 }';
  const parsed = parse(text);
  if (parsed.kind !== "request") throw new Error("was refused");
  expect(parsed.request.forwarded.toString("utf8")).toBe(
    '"messages":[ {"role":"user", "content":"\\u00e9 é 1.0"} ] ,"temperature": 0.10 ',
  );
});

test("max_completion_tokens becomes max_tokens, and no answer may outgrow the context", () => {
  expect(sent({ max_completion_tokens: 7 })).toMatchObject({ max_tokens: 7 });
  expect(sent({ max_tokens: 1_000_000 })).toMatchObject({ max_tokens: 32_768 });
  expect(sent({ max_completion_tokens: 7 })).not.toHaveProperty("max_completion_tokens");
  expect(refusal({ max_completion_tokens: 7, max_tokens: 8 })).toMatchObject({ code: "invalid_value" });
});

test("a client's seed is kept; a negative one, which kills exo's runner, always becomes the same other one", () => {
  expect(sent({ seed: 0 })).toMatchObject({ seed: 0 });
  expect(sent({ seed: 42 })).toMatchObject({ seed: 42 });
  expect(sent({ seed: -1 })).toMatchObject({ seed: 4_294_967_295 });
  expect(refusal({ seed: 1.5 })).toMatchObject({ param: "seed" });
});

test("null is the same as not given", () => {
  const nulls = { n: null, stop: null, tools: null, max_tokens: null, seed: null, response_format: null, stream: null };
  expect(Object.keys(sent(nulls)).toSorted()).toEqual(["max_tokens", "messages", "model", "seed", "stream"]);
});

test.each<[string, unknown]>([
  ["n", 2],
  ["response_format", { type: "json_object" }],
  ["response_format", { type: "json_schema", json_schema: { name: "x", schema: {} } }],
  ["logit_bias", { "50256": -100 }],
  ["tool_choice", "required"],
  ["tool_choice", { type: "function", function: { name: "x" } }],
  ["presence_penalty", 0.5],
  ["frequency_penalty", -0.5],
  ["functions", [{ name: "x" }]],
  ["function_call", { name: "x" }],
  ["modalities", ["text", "audio"]],
  ["audio", { voice: "alloy", format: "wav" }],
  ["web_search_options", {}],
  ["verbosity", "low"],
])("%s: %j, which exo would ignore, is refused", (field, value) => {
  expect(refusal({ [field]: value })).toMatchObject({ status: 400, code: "unsupported_parameter", param: field });
});

test.each<[string, unknown]>([
  ["n", 1],
  ["response_format", { type: "text" }],
  ["logit_bias", {}],
  ["tool_choice", "auto"],
  ["presence_penalty", 0],
  ["frequency_penalty", 0],
  ["user", "u-1"],
  ["metadata", { a: "b" }],
  ["store", false],
  ["service_tier", "auto"],
  ["stream_options", { include_usage: true }],
  ["parallel_tool_calls", true],
  ["modalities", ["text"]],
  ["prompt_cache_key", "k"],
])("%s: %j changes nothing and is not passed on", (field, value) => {
  expect(sent({ [field]: value })).not.toHaveProperty(field);
});

test("a field that nobody knows is refused by name", () => {
  expect(refusal({ temprature: 0.1 })).toMatchObject({ code: "unknown_parameter", param: "temprature" });
});

test("tool_choice none takes the tools away", () => {
  const tools = [{ type: "function", function: { name: "f" } }];
  expect(sent({ tools })).toHaveProperty("tools", tools);
  expect(sent({ tools, tool_choice: "none" })).not.toHaveProperty("tools");
  expect(sent({ tools, tool_choice: "none" })).not.toHaveProperty("tool_choice");
});

test("a last message from the assistant is refused with the reason", () => {
  const begun = [...messages, { role: "assistant", content: "There are" }];
  expect(refusal({ messages: begun })).toMatchObject({
    code: "unsupported_value",
    param: "messages[1].role",
    message: expect.stringMatching(/cannot continue/),
  });
});

test.each<[string, object, string]>([
  ["no messages", { messages: [] }, "messages"],
  ["messages of the wrong type", { messages: "hello" }, "messages"],
  ["an unknown role", { messages: [{ role: "robot", content: "x" }] }, "messages[0].role"],
  ["a user without content", { messages: [{ role: "user" }] }, "messages[0].content"],
  [
    "an image",
    { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "http://a" } }] }] },
    "messages[0].content",
  ],
  ["a tool message without its call", { messages: [{ role: "tool", content: "x" }] }, "messages[0].tool_call_id"],
  ["temperature as text", { temperature: "hot" }, "temperature"],
  ["temperature too high", { temperature: 2.1 }, "temperature"],
  ["no tokens", { max_tokens: 0 }, "max_tokens"],
  ["a model that is no text", { model: 7 }, "model"],
  ["five stops", { stop: ["a", "b", "c", "d", "e"] }, "stop"],
  ["an empty stop", { stop: "" }, "stop"],
  ["a tool of another type", { tools: [{ type: "web_search" }] }, "tools[0].type"],
  ["top_logprobs alone", { top_logprobs: 2 }, "top_logprobs"],
  ["top_k beyond the vocabulary", { top_k: 10_000_000 }, "top_k"],
])("%s is refused at its place", (_, fields, param) => {
  expect(refusal(fields)).toMatchObject({ status: 400, type: "invalid_request_error", param });
});

test.each(["", "nonsense", "[]", "null", '"text"', "{", '{"model":"m",}', "﻿{}", "[".repeat(1_000_000)])(
  "a body that is no JSON object is refused: %#",
  (text) => {
    expect(parse(text)).toMatchObject({ kind: "refused", error: { status: 400 } });
  },
);

test("bytes that are not UTF-8 are refused", () => {
  const body = Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
  expect(parseChatRequest(body)).toMatchObject({ kind: "refused", error: { code: "invalid_json" } });
});

test("no refusal repeats a prompt", () => {
  const secret = "the secret of the prompt";
  const bodies = [
    `{"messages":[{"role":"user","content":"${secret}"}`,
    JSON.stringify({ model: "m", messages: [{ role: "robot", content: secret }] }),
    JSON.stringify({ model: "m", messages: [{ role: "user", content: { text: secret } }] }),
  ];
  for (const body of bodies) expect(JSON.stringify(parse(body))).not.toContain(secret);
});
