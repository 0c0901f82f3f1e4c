import { type AnswerIdentity, type AnswerSink, simulatedFingerprint } from "./answer-sink.js";
import { type ByteText, fromByteText, type TextField, toByteText } from "./chunk-template.js";
import type { ToolCallDelta, UpstreamChunk, Usage } from "./upstream-chunk.js";

/** Collects a stream into one `chat.completion`. */
export interface AnswerAssembler extends AnswerSink {
  /** The whole answer as JSON. */
  result(): string;
}

interface AssembledCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** One answer, kept in memory until it is complete. */
export function createAssembler({ id, created, model, origin }: AnswerIdentity): AnswerAssembler {
  const pieces: Record<TextField, ByteText[]> = { content: [], reasoning_content: [] };
  const calls = new Map<number, AssembledCall>();
  const logprobs: unknown[] = [];
  let finishReason: string | null = null;
  let usage: Usage | undefined;

  const text = (field: TextField, literal: ByteText): void => {
    pieces[field].push(literal.slice(1, -1));
  };
  const message = (): object => {
    const content = joined(pieces.content);
    const reasoning = joined(pieces.reasoning_content);
    const toolCalls = [...calls].toSorted(([left], [right]) => left - right).map(([, call]) => toolCallOf(call));
    return {
      role: "assistant",
      content: content === "" && toolCalls.length > 0 ? null : content,
      refusal: null,
      ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    };
  };

  return {
    text,
    chunk(chunk: UpstreamChunk) {
      if (chunk.content !== undefined) text("content", toByteText(JSON.stringify(chunk.content)));
      if (chunk.reasoning !== undefined) text("reasoning_content", toByteText(JSON.stringify(chunk.reasoning)));
      for (const call of chunk.toolCalls ?? []) calls.set(call.index, extendCall(calls.get(call.index), call));
      logprobs.push(...logprobContent(chunk.logprobs));
      finishReason = chunk.finishReason ?? finishReason;
      usage = chunk.usage ?? usage;
    },
    idle: () => {},
    flush: () => "more",
    result: () =>
      JSON.stringify({
        id,
        object: "chat.completion",
        created,
        model,
        ...(origin === "simulated" ? { system_fingerprint: simulatedFingerprint } : {}),
        choices: [
          {
            index: 0,
            message: message(),
            logprobs: logprobs.length === 0 ? null : { content: logprobs, refusal: null },
            finish_reason: finishReason,
          },
        ],
        ...(usage === undefined ? {} : { usage }),
      }),
  };
}

/** Pieces of JSON strings joined before they are read, because an escaped character may be spread over two of them. */
const joined = (pieces: readonly ByteText[]): string => JSON.parse(fromByteText(`"${pieces.join("")}"`)) as string;

const toolCallOf = ({ id, name, arguments: args }: AssembledCall): object => ({
  id,
  type: "function",
  function: { name, arguments: args },
});

const extendCall = (before: AssembledCall | undefined, delta: ToolCallDelta): AssembledCall => ({
  id: before?.id || (delta.id ?? ""),
  name: `${before?.name ?? ""}${delta.function.name ?? ""}`,
  arguments: `${before?.arguments ?? ""}${delta.function.arguments}`,
});

function logprobContent(logprobs: object | undefined): readonly unknown[] {
  return logprobs !== undefined && "content" in logprobs && Array.isArray(logprobs.content) ? logprobs.content : [];
}
