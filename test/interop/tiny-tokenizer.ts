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

const layers = 36;
const word = (id: number, text: string, kind: number, after: readonly number[]): TinyToken => ({
  id,
  text,
  kind,
  after,
});
const space = "Ġ";

export const tinyTokens: readonly TinyToken[] = [
  word(256, "<|user|>", kinds.text, []),
  word(257, "<|answer|>", kinds.answer, []),
  word(258, "<|story|>", kinds.story, []),
  word(259, "Paris", kinds.paris, [kinds.answer]),
  word(260, "<|end|>", kinds.text, []),
  word(261, `${space}one`, kinds.one, [kinds.text, kinds.story, kinds.three]),
  word(262, `${space}two`, kinds.two, [kinds.one]),
  word(263, `${space}three`, kinds.three, [kinds.two]),
  ...Array.from({ length: layers }, (_, missing) => ({
    ...word(264 + missing, `${space}layer${missing}-did-not-run`, kinds.text, []),
    missing,
  })),
];

/**
 * Ends an answer: exo ends those of every model with `gpt-oss` in its id here, whatever the tokenizer says. The tokenizer does
 * not know it, since a vocabulary of that size costs seconds a request on a busy processor.
 */
export const endTokenId = 200_002;

const isControl = (text: string): boolean => text.startsWith("<|");

/** The printable stand-ins of byte-level tokenizers: bytes that are printable stand for themselves, the others follow 255. */
function byteCharacters(): string[] {
  const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

/** `tokenizer.json` and `tokenizer_config.json`: bytes, and the tokens above. */
export function tinyTokenizer(): { readonly tokenizer: unknown; readonly settings: unknown } {
  const words = [...byteCharacters(), ...tinyTokens.map(({ text }) => text)];
  const vocabulary = Object.fromEntries(words.map((text, id) => [text, id] as const));
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: true };
  const control = tinyTokens.filter(({ text }) => isControl(text));
  const tokenizer = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: control.map(({ id, text }) => ({
      id,
      content: text,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: "BPE", dropout: null, unk_token: null, fuse_unk: false, vocab: vocabulary, merges: [] },
  };
  const asked = "'capital of France' in messages[-1]['content']";
  const settings = {
    tokenizer_class: "PreTrainedTokenizerFast",
    eos_token: "<|end|>",
    clean_up_tokenization_spaces: false,
    model_max_length: 131_072,
    chat_template:
      "{% for message in messages %}<|user|>{{ message['content'] }}{% endfor %}" +
      `{% if ${asked} %}<|answer|>{% else %}<|story|>{% endif %}`,
  };
  return { tokenizer, settings };
}
