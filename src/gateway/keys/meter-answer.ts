import type { AnswerSink } from "../answer-sink.js";
import type { UsageCounts } from "./key-usage.js";

/** Counts the tokens of one request, over however many targets it is sent to. */
export interface TokenMeter {
  /** The same sink, counted. Its other members stay as they are. */
  count<Sink extends AnswerSink>(answer: Sink): Sink;
  /** @param outcome `given-up`: by the client, or for its key. Then its prompt counts, too, if no token has come yet. */
  usage(outcome: "ended" | "given-up"): UsageCounts;
}

/** What a token of text is at the least, in bytes of JSON: on the side of who pays for a broken-off request. */
const bytesPerToken = 4;

/**
 * By exo's own count where an answer came to its end. Otherwise each piece of text counts as a token, since exo sends one for
 * each, and the prompt is estimated from its size.
 *
 * @param bodyBytes of the request
 */
export function createTokenMeter(bodyBytes: number): TokenMeter {
  let pieces = 0;
  let counted: Pick<UsageCounts, "promptTokens" | "completionTokens"> | undefined;
  return {
    count: (answer) => ({
      ...answer,
      text: (field, literal) => {
        pieces += 1;
        answer.text(field, literal);
      },
      chunk: (chunk) => {
        if (chunk.finishReason === undefined) pieces += 1;
        const { usage } = chunk;
        if (usage !== undefined)
          counted = { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens };
        answer.chunk(chunk);
      },
    }),
    usage: (outcome) => {
      const worked = pieces > 0 || outcome === "given-up";
      const promptTokens = worked ? Math.ceil(bodyBytes / bytesPerToken) : 0;
      return { requests: 1, ...(counted ?? { promptTokens, completionTokens: pieces }) };
    },
  };
}
