import type { TaskParams } from "./exo-types.js";

/** What a simulated model says: a few tokens of reasoning, then the answer. */
export interface SimulatedAnswer {
  readonly reasoning: readonly string[];
  readonly content: readonly string[];
}

/** Facts of the placement that an answer may mention. */
export interface AnswerContext {
  readonly modelId: string;
  /** Such as `studio-3: layers 0 to 28`. */
  readonly stages: readonly string[];
  readonly worksCorrectly: "yes" | "no";
}

/** Every simulated answer begins so, that nobody takes it for a model's. */
export const simulatedPrefix = "[simulated] ";

/** Cuts text into pieces of about the size of real tokens. Joined they are the text again. */
export const tokensOf = (text: string): readonly string[] =>
  text.match(/\s?[A-Za-z]{1,9}|\s?\d{1,3}|\s?[^\sA-Za-z\d]|\s+/gu) ?? [];

/** Tokens of a prompt with what the chat template adds: a system message of about 60 tokens and 4 for each message. */
export function promptTokens(params: TaskParams): number {
  const system = params.instructions === null ? [] : [params.instructions];
  const texts = [...system, ...params.input.map(({ content }) => content)];
  return 60 + 4 * texts.length + texts.reduce((sum, text) => sum + tokensOf(text).length, 0);
}

const operations: Readonly<Record<string, (left: number, right: number) => number>> = {
  "+": (left, right) => left + right,
  plus: (left, right) => left + right,
  "-": (left, right) => left - right,
  minus: (left, right) => left - right,
  "*": (left, right) => left * right,
  x: (left, right) => left * right,
  "×": (left, right) => left * right,
  times: (left, right) => left * right,
};

const capitals: Readonly<Record<string, string>> = {
  france: "Paris",
  germany: "Berlin",
  italy: "Rome",
  spain: "Madrid",
  japan: "Tokyo",
  england: "London",
};

/** The answer to a prompt whose right answer is known, or undefined. Looks at the end of the prompt, where questions are. */
export function knownAnswer(prompt: string): string | undefined {
  const exact =
    /(?:reply|respond|answer|say)(?:\s+\w+){0,3}?\s+(?:exactly|only)(?:\s+(?:with|the\s+words?))?\s*:?\s*["“'`]?([^"”'`\n]+?)["”'`]?[.!]?\s*$/i.exec(
      prompt,
    );
  if (exact?.[1] !== undefined) return exact[1].trim();
  const sums = [...prompt.matchAll(/(-?\d+)\s*(\+|-|\*|×|x|plus|minus|times)\s*(-?\d+)/gi)];
  const sum = sums.at(-1);
  if (sum !== undefined) {
    const value = operations[sum[2]?.toLowerCase() ?? ""]?.(Number(sum[1]), Number(sum[3]));
    return value === undefined ? undefined : String(value);
  }
  const count = Number(/count\s+(?:from\s+1\s+)?(?:up\s+)?to\s+(\d{1,4})/i.exec(prompt)?.[1] ?? 0);
  if (count > 0) return Array.from({ length: count }, (_, at) => at + 1).join(", ");
  const country = /capital\s+of\s+([a-z]+)/i.exec(prompt)?.[1]?.toLowerCase();
  return country === undefined ? undefined : capitals[country];
}

const shorten = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

function sentence(prompt: string, context: AnswerContext): string {
  const asked = shorten(prompt.replaceAll(/\s+/g, " ").trim(), 80);
  return (
    `Hello from ${context.modelId}. You asked: “${asked}”. No weights were read for this answer; ` +
    `it took the time that the cost model predicts for ${context.stages.join(", ")}.`
  );
}

/** Words without sense, always the same for the same prompt: what a model with a wrong cut says. */
function garbage(prompt: string): string {
  const syllables = ["ob", "rak", "zu", "fen", "lit", "qua", "mor", "ix", "tev", "ul", "dra", "pho"];
  let seed = [...prompt].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7);
  const next = (): string => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return syllables[(seed >>> 16) % syllables.length] ?? "";
  };
  return Array.from({ length: 24 }, () => next() + next()).join(" ");
}

/** Composes the answer to a request. Deterministic: the same request to the same placement gives the same answer. */
export function composeAnswer(params: TaskParams, context: AnswerContext): SimulatedAnswer {
  const prompt = params.input.findLast(({ role }) => role === "user")?.content ?? "";
  const thinks = params.reasoning_effort !== "none";
  if (context.worksCorrectly === "no")
    return {
      reasoning: thinks ? tokensOf(garbage(`${prompt} `).slice(0, 24)) : [],
      content: tokensOf(simulatedPrefix + garbage(prompt)),
    };
  const text = knownAnswer(prompt) ?? sentence(prompt, context);
  return {
    reasoning: thinks ? tokensOf("The user asks something short.") : [],
    content: tokensOf(simulatedPrefix + text),
  };
}
