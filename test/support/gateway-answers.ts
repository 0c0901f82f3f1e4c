import type { AnswerIdentity } from "../../src/gateway/answer-sink.js";
import { createAssembler } from "../../src/gateway/assemble-answer.js";
import { type ChunkSink, createChunkReader } from "../../src/gateway/read-chunks.js";
import { createChunkWriter } from "../../src/gateway/stream-chunks.js";

export const identity: AnswerIdentity = {
  id: "chatcmpl-1",
  created: 1_760_000_000,
  model: "gpt-öss ✓",
  origin: "real",
};

/** What a reader saw besides the answer, in order. */
export interface ReadAnswer {
  /** The assembled answer as JSON. */
  readonly whole: string;
  /** The bytes of the stream a client would get, without its end. */
  readonly streamed: Buffer;
  readonly events: readonly string[];
}

/** Reads a stream of exo that arrives in these packets, into both kinds of answer. */
export function readAnswer(packets: readonly Buffer[]): ReadAnswer {
  const assembler = createAssembler(identity);
  const writer = createChunkWriter(identity, "not-asked");
  const events: string[] = [];
  let streamed = "";
  const sink: ChunkSink = {
    text(field, literal) {
      events.push(field);
      assembler.text(field, literal);
      streamed += writer.text(field, literal);
    },
    chunk(chunk) {
      events.push("chunk");
      assembler.chunk(chunk);
      streamed += writer.chunk(chunk);
    },
    comment: (kind) => void events.push(kind),
    error: (message) => void events.push(`error: ${message}`),
    malformed: () => void events.push("malformed"),
    done: () => void events.push("done"),
  };
  const reader = createChunkReader(sink);
  for (const packet of packets) reader.push(packet);
  return { whole: assembler.result(), streamed: Buffer.from(streamed, "latin1"), events };
}

/** Cuts bytes at these places, in whatever order they come. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

/** The data of each event of a stream that a client got. */
export function eventsOf(stream: string): string[] {
  return stream
    .split("\n\n")
    .filter((event) => event.startsWith("data: "))
    .map((event) => event.slice("data: ".length));
}
