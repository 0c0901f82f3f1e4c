import { createParser } from "eventsource-parser";
import type { ClassicChatError, ClassicChatEvent } from "../../inventory/classic-exo.js";
import { field, shownText } from "./fields.js";

/** Far beyond any answer: exo's own limit is 10,000 tokens with about 350 bytes each. */
const mostBytes = 64 * 1024 * 1024;

export type ChatFlaw = { readonly code: ClassicChatError["code"]; readonly detail: string };

/** Reads the events of one streamed answer. */
export interface ChatStreamReader {
  /** @returns what the piece brought, in order; after a flaw or the end nothing more comes */
  feed(piece: Uint8Array): readonly (ClassicChatEvent | { readonly kind: "flaw"; readonly flaw: ChatFlaw })[];
}

/**
 * A reader for one answer. exo 0.0.x writes one event a token, each with `model` and an `id`; the last one has a finish reason, and
 * no `[DONE]` follows. Everything else is a flaw, never a token.
 *
 * @param model the one asked for
 */
export function createChatStreamReader(model: string): ChatStreamReader {
  const decoder = new TextDecoder();
  let bytes = 0;
  let isOver = false;
  let news: (ClassicChatEvent | { readonly kind: "flaw"; readonly flaw: ChatFlaw })[] = [];
  const flaw = (code: ChatFlaw["code"], detail: string): void => {
    if (isOver) return;
    isOver = true;
    news.push({ kind: "flaw", flaw: { code, detail } });
  };
  const addChunk = (chunk: unknown): void => {
    const read = readChunk(chunk);
    if (read === undefined) {
      flaw("chat_garbled", "a line of the answer is not a chat event of exo 0.0.x");
    } else if (read.model !== model) {
      flaw(
        "chat_other_model",
        `asked for ${shownText(model, 60)}, exo answers with its model ${shownText(read.model, 60)}`,
      );
    } else {
      news.push({ kind: "token", text: read.text });
      if (read.finishReason === undefined) return;
      isOver = true;
      news.push({ kind: "end", finishReason: read.finishReason, requestId: read.requestId });
    }
  };
  const parser = createParser({
    onEvent: ({ data }) => {
      if (!isOver) addChunk(parseJson(data));
    },
    onError: () => flaw("chat_garbled", "the answer is not a stream of events"),
  });
  return {
    feed: (piece) => {
      news = [];
      bytes += piece.byteLength;
      if (bytes > mostBytes) flaw("chat_garbled", `the answer is longer than ${mostBytes} bytes`);
      if (!isOver) parser.feed(decoder.decode(piece, { stream: true }));
      return news;
    },
  };
}

function readChunk(chunk: unknown) {
  const [id, model, choices] = [field(chunk, "id"), field(chunk, "model"), field(chunk, "choices")];
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const [text, reason] = [field(field(choice, "delta"), "content"), field(choice, "finish_reason")];
  if (typeof id !== "string" || typeof model !== "string" || typeof text !== "string") return undefined;
  if (reason !== null && reason !== "stop" && reason !== "length") return undefined;
  const requestId = id.replace(/^chatcmpl-/, "");
  return { requestId, model, text, ...(reason === null ? {} : { finishReason: reason as "stop" | "length" }) };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // which is no chunk
  }
}
