import { createParser } from "eventsource-parser";
import { count, field, text } from "./fields.js";

/** A chat answer so far. */
export interface ChatSoFar {
  readonly text: string;
  readonly reasoning: string;
  readonly model?: string;
  readonly finishReason?: string;
  /** exo's own words, from an error chunk inside a 200 answer. */
  readonly error?: string;
  /** `[DONE]` came. */
  readonly ended: boolean;
}

/** Reads exo's stream of chat chunks piece by piece. */
export interface ChatStreamReader {
  /**
   * @returns `token` when the piece brought words of the answer, `progress` when the prompt was worked on, `quiet` when it
   * brought neither: keep-alive comments go on for ever on a stream that is dead.
   */
  feed(piece: string): "token" | "progress" | "quiet";
  soFar(): ChatSoFar;
}

/** A reader for one answer. Lines that are not chunks of a chat are an error of the stream. */
export function createChatStreamReader(): ChatStreamReader {
  let state: ChatSoFar = { text: "", reasoning: "", ended: false };
  let news: "token" | "progress" | "quiet" = "quiet";
  let prefilled = -1;
  const parser = createParser({
    onEvent: (event) => {
      const next = addEvent(state, event.data);
      if (next.text.length + next.reasoning.length > state.text.length + state.reasoning.length) news = "token";
      state = next;
    },
    onComment: (comment) => {
      const done = prefillProgress(comment);
      if (done === undefined || done <= prefilled) return;
      prefilled = done;
      if (news === "quiet") news = "progress";
    },
  });
  return {
    feed: (piece) => {
      news = "quiet";
      parser.feed(piece);
      return news;
    },
    soFar: () => state,
  };
}

/** The first error and everything before it stay; what follows an error or the end changes nothing. */
function addEvent(state: ChatSoFar, data: string): ChatSoFar {
  if (state.ended || (state.error !== undefined && data !== "[DONE]")) return state;
  if (data === "[DONE]") return { ...state, ended: true };
  const chunk = parseJson(data);
  const error = field(chunk, "error");
  if (error !== undefined && error !== null) {
    return { ...state, error: text(field(error, "message")) ?? "an error without a message" };
  }
  const choices = field(chunk, "choices");
  if (!Array.isArray(choices)) return { ...state, error: "a piece of the stream is not a chat chunk" };
  const choice: unknown = choices[0];
  const delta = field(choice, "delta");
  const finishReason = text(field(choice, "finish_reason")) ?? state.finishReason;
  const model = state.model ?? text(field(chunk, "model"));
  return {
    ...state,
    text: state.text + (text(field(delta, "content")) ?? ""),
    reasoning: state.reasoning + (text(field(delta, "reasoning_content")) ?? ""),
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(model === undefined ? {} : { model }),
  };
}

/** `prefill_progress {"PrefillProgressChunk":{"processed_tokens":512,...}}`: tokens of the prompt done so far. */
function prefillProgress(comment: string): number | undefined {
  const [, json] = /^\s*prefill_progress\s+(\{.*)$/s.exec(comment) ?? [];
  if (json === undefined) return undefined;
  return count(field(field(parseJson(json), "PrefillProgressChunk"), "processedTokens"));
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // the caller treats what is not JSON as not understood
  }
}
