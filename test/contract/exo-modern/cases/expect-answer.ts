import { expect } from "vitest";
import type { ExoCallAnswer } from "../exo-case.js";

/** exo's own refusal: an object in OpenAI's shape. */
export function expectError(answer: ExoCallAnswer, status: number, type: string, message: RegExp): void {
  expect(answer.status).toBe(status);
  expect(answer.json).toEqual({ error: { message: expect.stringMatching(message), type, param: null, code: status } });
}

export const expectNotFound = (answer: ExoCallAnswer, message: RegExp): void =>
  expectError(answer, 404, "Not Found", message);

/** What the web framework answers where there is no such route; exo's own errors look different. */
export function expectNoRoute(answer: ExoCallAnswer): void {
  expect([answer.status, answer.json]).toEqual([404, { detail: "Not Found" }]);
}

/** A body or query that does not fit: a list of complaints, each with a type, the place and a sentence. */
export function expectInvalid(answer: ExoCallAnswer, type: string, place: readonly (string | number)[]): void {
  expect(answer.status, answer.text).toBe(422);
  for (const complaint of answer.json.detail)
    expect(complaint).toMatchObject({ type: expect.any(String), loc: expect.any(Array), msg: expect.any(String) });
  const found = answer.json.detail.filter(
    (complaint: { type: string; loc: readonly (string | number)[] }) =>
      complaint.type === type && place.every((part) => complaint.loc.includes(part)),
  );
  expect(found.length, `${type} at ${place.join(".")} in ${answer.text.slice(0, 2_000)}`).toBeGreaterThan(0);
}

/** An exception that exo did not expect. */
export function expectCrash(answer: ExoCallAnswer): void {
  expect([answer.status, answer.text]).toEqual([500, "Internal Server Error"]);
  expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
}

/** The pieces of a stream of server-sent events: comments and data, in order. */
export interface StreamPieces {
  readonly comments: readonly string[];
  readonly data: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: chunks of any shape
  readonly chunks: readonly any[];
}

/** Takes a stream apart. */
export function streamPieces(answer: ExoCallAnswer): StreamPieces {
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers["content-type"]).toMatch(/^text\/event-stream/);
  const events = answer.text.split("\n\n").filter((event) => event !== "");
  const data = events.filter((event) => event.startsWith("data: ")).map((event) => event.slice(6));
  return {
    comments: events.filter((event) => event.startsWith(": ")).map((event) => event.slice(2)),
    data,
    chunks: data.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line)),
  };
}
