import fc from "fast-check";
import { expect, test } from "vitest";
import { cutAt, eventsOf, readAnswer } from "../support/gateway-answers.js";
import {
  exoAnswer,
  exoChunk,
  exoDone,
  exoError,
  exoKeepAlive,
  exoPrefillProgress,
  exoUsage,
  type NullStyle,
} from "../support/upstream-chunks.js";

const texts = fc.array(fc.string({ unit: "grapheme", maxLength: 12 }), { maxLength: 12 });
const styles = fc.constantFrom<NullStyle>("nulls-printed", "nulls-omitted");

const messageOf = (whole: string): Record<string, unknown> => {
  const answer = JSON.parse(whole) as { choices: [{ message: Record<string, unknown> }] };
  return answer.choices[0].message;
};

const joinDeltas = (streamed: Buffer, field: string): string =>
  eventsOf(streamed.toString("utf8"))
    .map((event) => JSON.parse(event) as { choices: [{ delta: Record<string, string | undefined> }] })
    .map(({ choices }) => choices[0].delta[field] ?? "")
    .join("");

test("however the bytes are cut, the answer is the same, and it is what exo said", () => {
  const cuts = fc.array(fc.nat({ max: 100_000 }), { maxLength: 40 });
  fc.assert(
    fc.property(texts, texts, styles, cuts, (reasoning, content, style, places) => {
      const bytes = Buffer.from(exoAnswer({ reasoning, content }, style));
      const once = readAnswer([bytes]);
      const cut = readAnswer(cutAt(bytes, places));
      expect(cut.whole).toBe(once.whole);
      expect(cut.streamed.equals(once.streamed)).toBe(true);
      const message = messageOf(once.whole);
      expect(message.content).toBe(content.join(""));
      expect(message.reasoning_content ?? "").toBe(reasoning.join(""));
      expect(joinDeltas(once.streamed, "content")).toBe(content.join(""));
      expect(joinDeltas(once.streamed, "reasoning_content")).toBe(reasoning.join(""));
    }),
  );
});

test("one byte at a time gives the same answer as all at once", () => {
  const bytes = Buffer.from(
    exoAnswer({ reasoning: ["ü"], content: ["🙂", '"\\', "\u2028\u0007", "\ud83d", "\ude00"] }),
  );
  expect(readAnswer(cutAt(bytes, [...bytes.keys()])).whole).toBe(readAnswer([bytes]).whole);
});

test("the seconds may change in mid-stream, and thinking and speaking may alternate", () => {
  const stream = [
    exoChunk({ content: "a" }, "nulls-printed", 1),
    exoChunk({ content: "b" }, "nulls-printed", 1),
    exoChunk({ reasoning: "c" }, "nulls-printed", 1),
    exoChunk({ content: "d" }, "nulls-printed", 2),
    exoChunk({ reasoning: "e" }, "nulls-printed", 2),
    exoChunk({ reasoning: "f" }, "nulls-printed", 2),
  ].join("");
  const { whole, events } = readAnswer([Buffer.from(stream)]);
  expect(messageOf(whole)).toMatchObject({ content: "abd", reasoning_content: "cef" });
  expect(events).toEqual([
    "content",
    "content",
    "reasoning_content",
    "content",
    "reasoning_content",
    "reasoning_content",
  ]);
});

test("an answer that quotes exo's own format is text like any other", () => {
  const quoting = [exoChunk({ content: "x" }), '"}}]}', '{"content":"y"}', '","finish_reason":"stop"', exoDone];
  const { whole } = readAnswer([Buffer.from(exoAnswer({ content: ["start", ...quoting] }))]);
  expect(messageOf(whole).content).toBe(["start", ...quoting].join(""));
});

test("a chunk of the same beginning and end but of another shape is not mistaken for text", () => {
  const plain = exoChunk({ content: "a" });
  const twice = plain.replace('"content":"a"', '"content":"b","content":"c"');
  const { whole, events } = readAnswer([Buffer.from(plain + plain + twice + plain)]);
  expect(messageOf(whole).content).toBe("aaca");
  expect(events).toEqual(["content", "content", "content", "content"]);
});

test("a bad escape in what looks like a known chunk is malformed", () => {
  const plain = exoChunk({ content: "a" });
  const { events } = readAnswer([Buffer.from(plain + plain.replace('"a"', '"\\q"'))]);
  expect(events).toEqual(["content", "malformed"]);
});

test("comments tell progress from mere life", () => {
  const { events } = readAnswer([Buffer.from(`${exoKeepAlive}${exoPrefillProgress(1, 2)}: generation_stats {}\n\n`)]);
  expect(events).toEqual(["keep-alive", "progress", "keep-alive"]);
});

test("carriage returns, a missing space and foreign fields are read as the format wants it", () => {
  const data = exoChunk({ content: "a" }).trim();
  const stream = `event: message\r\n${data}\r\n\r\nid: 7\r\n${data.replace("data: ", "data:")}\r\n\r\ndata: [DONE]\r\n\r\n`;
  const { whole, events } = readAnswer(cutAt(Buffer.from(stream), [...Buffer.from(stream).keys()]));
  expect(messageOf(whole).content).toBe("aa");
  expect(events).toEqual(["content", "content", "done"]);
});

test("an error event is told with exo's words, and what is no JSON is malformed", () => {
  const { events } = readAnswer([Buffer.from(`${exoError("out of memory")}data: {"choices":\n\ndata: 7\n\n`)]);
  expect(events).toEqual(["error: out of memory", "done", "malformed", "malformed"]);
});

test("a line that never ends is given up instead of kept", () => {
  const packet = Buffer.alloc(1024 * 1024, "x");
  const { events } = readAnswer(Array.from({ length: 17 }, () => packet));
  expect(events).toEqual(["malformed"]);
});

test("logprobs are kept, streamed and whole", () => {
  const logprobs = (token: string): object => ({ content: [{ token, logprob: -0.1, bytes: null, top_logprobs: [] }] });
  const stream =
    exoChunk({ content: "a", logprobs: logprobs("a") }) +
    exoChunk({ content: "b", logprobs: logprobs("b") }) +
    exoChunk({ content: "", finishReason: "length", usage: exoUsage }) +
    exoDone;
  const { whole, streamed } = readAnswer([Buffer.from(stream)]);
  expect(JSON.parse(whole)).toMatchObject({
    choices: [{ finish_reason: "length", logprobs: { content: [{ token: "a" }, { token: "b" }] } }],
    usage: exoUsage,
  });
  expect(JSON.parse(eventsOf(streamed.toString("utf8"))[1] ?? "")).toMatchObject({
    choices: [{ delta: { content: "b" }, logprobs: logprobs("b") }],
  });
});

test("the public name may be any text", () => {
  const { streamed } = readAnswer([Buffer.from(exoAnswer({ content: ["a", "b"] }))]);
  const models = eventsOf(streamed.toString("utf8")).map((event) => (JSON.parse(event) as { model: string }).model);
  expect(new Set(models)).toEqual(new Set(["gpt-öss ✓"]));
});
