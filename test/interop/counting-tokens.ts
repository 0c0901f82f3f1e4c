import { byteTokenizer, space } from "./byte-tokenizer.js";
import { tinyLayers } from "./model-folder.js";

/** What the model tells tokens apart by. */
export const kinds = {
  /** Any text. */
  text: 0,
  /** The end of a prompt that asks for the capital. */
  answer: 1,
  paris: 2,
  /** The end of any other prompt: the model counts without end. */
  story: 3,
  one: 4,
  two: 5,
  three: 6,
} as const;

/** A token that means something to the model. */
export interface TinyToken {
  readonly id: number;
  readonly text: string;
  readonly kind: number;
  /** Kinds of tokens that it follows. */
  readonly after: readonly number[];
  /** Said when this layer did not run. */
  readonly missing?: number;
}

const word = (id: number, text: string, kind: number, after: readonly number[]): TinyToken => ({
  id,
  text,
  kind,
  after,
});

export const tinyTokens: readonly TinyToken[] = [
  word(256, "<|user|>", kinds.text, []),
  word(257, "<|answer|>", kinds.answer, []),
  word(258, "<|story|>", kinds.story, []),
  word(259, "Paris", kinds.paris, [kinds.answer]),
  word(260, "<|end|>", kinds.text, []),
  word(261, `${space}one`, kinds.one, [kinds.text, kinds.story, kinds.three]),
  word(262, `${space}two`, kinds.two, [kinds.one]),
  word(263, `${space}three`, kinds.three, [kinds.two]),
  ...Array.from({ length: tinyLayers }, (_, missing) => ({
    ...word(264 + missing, `${space}layer${missing}-did-not-run`, kinds.text, []),
    missing,
  })),
];

/**
 * Ends an answer: exo ends those of every model with `gpt-oss` in its id here, whatever the tokenizer says. The tokenizer does
 * not know it, since a vocabulary of that size costs seconds a request on a busy processor.
 */
export const endTokenId = 200_002;

const asked = "'capital of France' in messages[-1]['content']";

/** `tokenizer.json` and `tokenizer_config.json`: bytes, and the tokens above. */
export const countingTokenizer = () =>
  byteTokenizer({
    words: tinyTokens,
    endToken: "<|end|>",
    decoding: "byte-level",
    chatTemplate:
      "{% for message in messages %}<|user|>{{ message['content'] }}{% endfor %}" +
      `{% if ${asked} %}<|answer|>{% else %}<|story|>{% endif %}`,
  });
