import { z } from "zod";

/** `null` stands for "not given" in every optional field, as in OpenAI's API. */
const optional = <T extends z.ZodType>(type: T) => type.nullish();

const textPart = z.looseObject({ type: z.literal("text", "only text is supported"), text: z.string() });
const content = z.union([z.string(), z.array(textPart).min(1)], "expected text or a list of text parts");

const toolCall = z.looseObject({
  id: z.string(),
  type: z.literal("function"),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});

const message = z.discriminatedUnion("role", [
  z.looseObject({ role: z.literal("system"), content }),
  z.looseObject({ role: z.literal("developer"), content }),
  z.looseObject({ role: z.literal("user"), content }),
  z.looseObject({ role: z.literal("tool"), content, tool_call_id: z.string() }),
  z.looseObject({ role: z.literal("function"), content, name: z.string() }),
  z.looseObject({
    role: z.literal("assistant"),
    content: optional(content),
    reasoning_content: optional(z.string()),
    tool_calls: optional(z.array(toolCall)),
  }),
]);

const tool = z.looseObject({
  type: z.literal("function", "only tools of type function are supported"),
  function: z.looseObject({
    name: z.string().regex(/^[\w.-]{1,64}$/, "expected up to 64 letters, digits, _, - or ."),
    description: optional(z.string()),
    parameters: optional(z.looseObject({})),
  }),
});

/**
 * The fields of a chat request that exo acts upon, with the limits outside of which exo would answer 422 or its runner
 * would raise an error and die (a negative seed, a top_k beyond the vocabulary, a min_p above 1). Other fields pass.
 */
export const chatSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1, "expected at least one message"),
  stream: optional(z.boolean()),
  stream_options: optional(z.looseObject({ include_usage: optional(z.boolean()) })),
  max_tokens: optional(z.int().min(1)),
  max_completion_tokens: optional(z.int().min(1)),
  seed: optional(z.number().refine(Number.isInteger, "expected an integer")),
  temperature: optional(z.number().min(0).max(2)),
  top_p: optional(z.number().gt(0).max(1)),
  top_k: optional(z.int().min(0).max(100_000)),
  min_p: optional(z.number().min(0).max(1)),
  repetition_penalty: optional(z.number().gt(0).max(10)),
  repetition_context_size: optional(z.int().min(1).max(1_000_000)),
  stop: optional(
    z.union([z.string().min(1), z.array(z.string().min(1)).max(4)], "expected text, or up to 4 texts, none empty"),
  ),
  logprobs: optional(z.boolean()),
  top_logprobs: optional(z.int().min(0).max(20)),
  enable_thinking: optional(z.boolean()),
  reasoning_effort: optional(z.enum(["none", "minimal", "low", "medium", "high", "xhigh"])),
  tools: optional(z.array(tool).max(128)),
});

/** A chat request whose known fields have the right types. */
export type ChatFields = z.infer<typeof chatSchema>;

/** Fields that are passed to exo as the bytes they came in. */
export const forwardedFields = [
  "messages",
  "temperature",
  "top_p",
  "top_k",
  "min_p",
  "repetition_penalty",
  "repetition_context_size",
  "stop",
  "logprobs",
  "top_logprobs",
  "enable_thinking",
  "reasoning_effort",
  "tools",
] as const;
