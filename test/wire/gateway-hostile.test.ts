import { afterAll, beforeAll, expect, test } from "vitest";
import { aModel, type GatewayHouse, openHouse, seededRandom } from "../support/gateway-house.js";
import { rawPost, sendRaw } from "../support/gateway-raw.js";
import { exoAnswer } from "../support/upstream-chunks.js";
import { type FakeExo, openFakeExo, saying } from "../support/upstream-fake-exo.js";

let exo: FakeExo;
let house: GatewayHouse;
beforeAll(async () => {
  exo = await openFakeExo(saying(exoAnswer({ content: ["36"] })));
  house = await openHouse([aModel([exo.target()])], { limits: { bodyBytes: 256 * 1024 } });
});
afterAll(async () => {
  await house.close();
  await exo.close();
});

const chat = "/v1/chat/completions";
const good = JSON.stringify({ model: "gpt-oss-120b", messages: [{ role: "user", content: "hi" }] });

const values: readonly unknown[] = [7, -1, "x", "", [], [[]], {}, { a: 1 }, true, "\u0000", ["", null], 1.5];
const fields = ["model", "messages", "tools", "stop", "stream", "seed", "temperature", "max_tokens", "top_k", "n"];

/** A field of the wrong type. What happens to be right is left out. */
function wrongTypes(random: () => number, count: number): Buffer[] {
  const requests: Buffer[] = [];
  while (requests.length < count) {
    const field = fields[Math.floor(random() * fields.length)] ?? "n";
    const value = values[Math.floor(random() * values.length)];
    const harmless =
      (field === "stop" && (value === "x" || value === "\u0000" || JSON.stringify(value) === "[]")) ||
      (field === "tools" && JSON.stringify(value) === "[]") ||
      (field === "stream" && value === true) ||
      (field === "seed" && (value === 7 || value === -1)) ||
      (field === "temperature" && value === 1.5) ||
      (["max_tokens", "top_k"].includes(field) && value === 7);
    if (harmless) continue;
    requests.push(rawPost(chat, JSON.stringify({ ...JSON.parse(good), [field]: value })));
  }
  return requests;
}

/** The good body with one byte removed, doubled or replaced, where that breaks it. */
function brokenJson(random: () => number, count: number): Buffer[] {
  const requests: Buffer[] = [];
  while (requests.length < count) {
    const at = Math.floor(random() * good.length);
    const into = ["", '"', "{", "]", "\\", "\u0000", ","][Math.floor(random() * 7)] ?? "";
    const text = good.slice(0, at) + into + good.slice(at + 1);
    try {
      JSON.parse(text);
    } catch {
      requests.push(rawPost(chat, text));
    }
  }
  return requests;
}

const nested = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

const deep = [100, 1_000, 100_000].flatMap((depth) => [
  rawPost(chat, nested("[", "]", depth)),
  rawPost(chat, good.replace('"hi"', nested("[", "]", depth))),
  rawPost(chat, good.replace("{", `{"metadata":${nested('{"a":', "}", depth).replace("}", "1}")},`)),
]);

const paths = [
  "/instance",
  "/v1/chat/completions/../../../instance",
  "/v1/chat/completions/..;/instance",
  "/v1/chat/completions%2f..%2f..%2finstance",
  "/v1/chat/completions/",
  "//v1/chat/completions",
  "/V1/CHAT/COMPLETIONS",
  "/v1/chat/completions\\..\\instance",
  "/./v1/chat/completions",
  "/v1/chat/completions%00",
  "/v1/chat/completions#",
  "/v1/cancel/0b8a4f1e",
  "/download/start",
  "/place_instance",
  "/ollama/api/chat",
  "/bench/chat/completions",
  "http://127.0.0.1:52415/instance",
  "http://127.0.0.1/v1/chat/completions",
  "*",
].map((path) => rawPost(path, good));

const smuggled = [
  `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST /instance HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n{}..`,
  `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n`,
  `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1e3\r\n\r\n`,
  `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nX: a\nX-Bare: b\r\n\r\n`,
  `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nX: \u0000\r\n\r\n`,
  `POST ${chat} HTTP/1.1\r\nHost: localhost\r\n X-Folded: b\r\n\r\n`,
  `POST ${chat} HTTP/9.9\r\nHost: localhost\r\n\r\n`,
  `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(100_000)}\r\n\r\n`,
  `POST /${"x".repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  `POST ${chat} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n`,
  "CONNECT 127.0.0.1:52415 HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
  "GET\r\n\r\n",
  "nonsense\r\n\r\n",
].map((text) => Buffer.from(text, "latin1"));

const odd = [
  rawPost(chat, Buffer.from([0xff, 0xfe, 0x7b, 0x7d])),
  rawPost(chat, ""),
  rawPost(chat, " "),
  rawPost(chat, "x".repeat(300 * 1024)),
  rawPost(chat, good, { "content-type": "text/plain" }),
  rawPost(chat, good, { "content-type": "" }),
  rawPost(chat, good, { host: "" }),
  rawPost(chat, good, { host: "rebound.example" }),
  rawPost(chat, good, { origin: "https://evil.example" }),
  rawPost(chat, good, { "content-encoding": "br" }),
  rawPost(chat, good.replace("{", '{"__proto__":{"stream":true},')),
  rawPost(chat, good.replace("{", '{"temperature":1e400,')),
  rawPost(chat, good.replace("{", '{"constructor":{"prototype":{}},')),
  rawPost(chat, good.replace('"gpt-oss-120b"', '"../../instance"')),
  rawPost(chat, good.replace('"gpt-oss-120b"', `"${"m".repeat(100_000)}"`)),
  rawPost(chat, good.replace('"gpt-oss-120b"', '"exoctl/gpt-oss-120b-MXFP4-Q8"')),
];

test("two hundred hostile requests get a 4xx each, reach nothing, and leave the gateway well", async () => {
  const random = seededRandom(7);
  const fixed = [...deep, ...paths, ...smuggled, ...odd];
  const requests = [...fixed, ...wrongTypes(random, 80), ...brokenJson(random, 70)];
  expect(requests.length).toBeGreaterThan(200);
  const wrong: string[] = [];
  for (const request of requests) {
    const answer = await sendRaw(house.port, request);
    const shown = request.toString("latin1").slice(0, 300);
    if (answer === "closed") wrong.push(`no answer: ${shown}`);
    else if (answer.status < 400 || answer.status > 499) wrong.push(`${answer.status}: ${shown}`);
    else if (typeof JSON.parse(answer.body).error?.message !== "string") wrong.push(`shape: ${shown}`);
  }
  expect(wrong).toEqual([]);
  expect(exo.requests).toEqual([]);
  expect(house.log.filter((line) => !line.includes('"level":"debug"'))).toEqual([]);
  expect(await sendRaw(house.port, rawPost(chat, good))).toMatchObject({ status: 200 });
});
