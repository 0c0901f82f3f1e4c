import {
  type ByteText,
  type ChunkTemplate,
  fromByteText,
  learnTemplate,
  matchTemplate,
  type TextField,
  toByteText,
} from "./chunk-template.js";
import { parseUpstreamChunk, type UpstreamChunk } from "./upstream-chunk.js";

/** What a stream of exo says, one call for each event. */
export interface ChunkSink {
  /** A delta that is a piece of text and nothing else: as a JSON string with its quotes. */
  text(field: TextField, literal: ByteText): void;
  /** Any other chunk. */
  chunk(chunk: UpstreamChunk): void;
  /** `progress`: the prompt is being read. `keep-alive` only says that the connection stands. */
  comment(kind: "progress" | "keep-alive"): void;
  /** exo's own sentence about what went wrong. */
  error(message: string): void;
  /** Bytes that are no stream of exo. */
  malformed(): void;
  /** `[DONE]`. */
  done(): void;
}

/** Reads the bytes of one stream, cut anywhere. */
export interface ChunkReader {
  push(bytes: Buffer): void;
}

/** No event of exo comes near; a line that never ends must not fill the memory. */
const longestLineBytes = 16 * 1024 * 1024;

/** Takes exo's stream apart. Each event of exo is one line of data, so lines are all there is to find. */
export function createChunkReader(sink: ChunkSink): ChunkReader {
  let rest: ByteText = "";
  const readEvent = createEventReader(sink);
  return {
    push(bytes) {
      let start = 0;
      for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
        const line = rest + bytes.toString("latin1", start, end);
        rest = "";
        start = end + 1;
        if (line.length > 0)
          readLine(line.charCodeAt(line.length - 1) === 0x0d ? line.slice(0, -1) : line, readEvent, sink);
      }
      if (start < bytes.length) rest += bytes.toString("latin1", start);
      if (rest.length > longestLineBytes) {
        rest = "";
        sink.malformed();
      }
    },
  };
}

const lineFeed = 0x0a;

function readLine(line: ByteText, readEvent: (data: ByteText) => void, sink: ChunkSink): void {
  if (line.startsWith("data:")) readEvent(line.slice(line.charCodeAt(5) === 0x20 ? 6 : 5));
  else if (line.startsWith(": prefill_progress")) sink.comment("progress");
  else if (line.startsWith(":")) sink.comment("keep-alive");
}

/** Reads the data of events, by comparing with the last parsed one of its kind where that is enough. */
function createEventReader(sink: ChunkSink): (data: ByteText) => void {
  const templates = new Map<TextField, ChunkTemplate>();
  let likely: ChunkTemplate | undefined;
  return (data) => {
    const quick = likely === undefined ? undefined : matchTemplate(data, likely);
    if (likely !== undefined && quick !== undefined) return sink.text(likely.field, quick);
    for (const template of templates.values()) {
      const literal = template === likely ? undefined : matchTemplate(data, template);
      if (literal === undefined) continue;
      likely = template;
      return sink.text(template.field, literal);
    }
    if (data === "[DONE]") return sink.done();
    const parsed = parseUpstreamChunk(fromByteText(data));
    if (parsed.kind === "malformed") return sink.malformed();
    if (parsed.kind === "error") return sink.error(parsed.message);
    const piece = textOnly(parsed.chunk);
    if (piece === undefined) return sink.chunk(parsed.chunk);
    likely = learnTemplate(data, piece.field);
    if (likely !== undefined) templates.set(piece.field, likely);
    return sink.text(piece.field, toByteText(JSON.stringify(piece.text)));
  };
}

/** The chunk's text, if that is all it says. */
function textOnly(chunk: UpstreamChunk): { readonly field: TextField; readonly text: string } | undefined {
  if (Object.keys(chunk).length !== 1) return undefined;
  if (chunk.content !== undefined) return { field: "content", text: chunk.content };
  return chunk.reasoning === undefined ? undefined : { field: "reasoning_content", text: chunk.reasoning };
}
