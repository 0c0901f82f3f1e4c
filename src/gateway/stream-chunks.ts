import { type AnswerIdentity, simulatedFingerprint } from "./answer-sink.js";
import { type ByteText, type TextField, toByteText } from "./chunk-template.js";
import type { UpstreamChunk, Usage } from "./upstream-chunk.js";

/** Writes the events of one OpenAI stream. Each call returns the bytes of a whole event. */
export interface ChunkWriter {
  text(field: TextField, literal: ByteText): ByteText;
  chunk(chunk: UpstreamChunk): ByteText;
  /** After the last chunk: the usage chunk, if it was asked for and is known, and `[DONE]`. */
  end(): ByteText;
}

/** A comment: keeps the connection open and means nothing. */
export const keepAlive: ByteText = ": keep-alive\n\n";

/**
 * Builds chunks as OpenAI sends them: `object` is `chat.completion.chunk`, the role comes with the first delta only, and
 * `usage` is null in every chunk but a last one without choices, if the client asked for it, and else nowhere.
 */
export function createChunkWriter(identity: AnswerIdentity, usageInStream: "asked" | "not-asked"): ChunkWriter {
  const { id, created, model, origin } = identity;
  const common = JSON.stringify({
    id,
    object: "chat.completion.chunk",
    created,
    model,
    ...(origin === "simulated" ? { system_fingerprint: simulatedFingerprint } : {}),
  });
  const start = toByteText(`data: ${common.slice(0, -1)},"choices":[`);
  const stop = usageInStream === "asked" ? `],"usage":null}\n\n` : "]}\n\n";
  const head = `${start}{"index":0,"delta":{`;
  const heads: Record<TextField, ByteText> = {
    content: `${head}"content":`,
    reasoning_content: `${head}"reasoning_content":`,
  };
  const tail = `},"logprobs":null,"finish_reason":null}${stop}`;
  let role: "pending" | "sent" = "pending";
  let usage: Usage | undefined;

  return {
    text(field, literal) {
      if (role === "sent") return heads[field] + literal + tail;
      role = "sent";
      return `${head}"role":"assistant","${field}":${literal}${tail}`;
    },
    chunk(chunk) {
      usage = chunk.usage ?? usage;
      const choice = {
        index: 0,
        delta: { ...(role === "pending" ? { role: "assistant" } : {}), ...deltaOf(chunk) },
        logprobs: chunk.logprobs ?? null,
        finish_reason: chunk.finishReason ?? null,
      };
      role = "sent";
      return start + toByteText(JSON.stringify(choice)) + stop;
    },
    end() {
      const last =
        usageInStream === "asked" && usage !== undefined
          ? `${start}],"usage":${toByteText(JSON.stringify(usage))}}\n\n`
          : "";
      return `${last}data: [DONE]\n\n`;
    },
  };
}

/** The last chunk of an answer carries an empty text, which OpenAI leaves out. */
function deltaOf({ content, reasoning, toolCalls, finishReason }: UpstreamChunk): object {
  const text = content === "" && finishReason !== undefined ? undefined : content;
  return {
    ...(text === undefined ? {} : { content: text }),
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(toolCalls === undefined ? {} : { tool_calls: toolCalls }),
  };
}
