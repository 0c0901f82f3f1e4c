/** A token that stands for itself, beside the 256 bytes. */
export interface WordToken {
  readonly id: number;
  /** Those that begin with `<|` are control tokens: never made of ordinary text. */
  readonly text: string;
}

export interface ByteTokenizer {
  readonly words: readonly WordToken[];
  readonly endToken: string;
  /** Jinja. */
  readonly chatTemplate: string;
  /**
   * How tokens become text. `byte-level` is what models have, but MLX then lists all tokens up to their number for each
   * request, which breaks where ids have gaps; `plain` joins words and shows a space as Ġ.
   */
  readonly decoding: "byte-level" | "plain";
}

/** How byte-level tokenizers write a space. */
export const space = "Ġ";

/** The printable stand-ins of byte-level tokenizers: bytes that are printable stand for themselves, the others follow 255. */
function byteCharacters(): string[] {
  const printable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

/** `tokenizer.json` and `tokenizer_config.json` of a tokenizer that knows bytes and some words. */
export function byteTokenizer({ words, endToken, chatTemplate, decoding }: ByteTokenizer): {
  readonly tokenizer: unknown;
  readonly settings: unknown;
} {
  const bytes = byteCharacters().map((text, id) => [text, id] as const);
  const vocabulary = Object.fromEntries([...bytes, ...words.map(({ text, id }) => [text, id] as const)]);
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: true };
  const control = words.filter(({ text }) => text.startsWith("<|"));
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const tokenizer = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: control.map(({ id, text }) => ({ id, content: text, ...flags })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: decoding === "byte-level" ? byteLevel : { type: "Fuse" },
    model: { type: "BPE", dropout: null, unk_token: null, fuse_unk: false, vocab: vocabulary, merges: [] },
  };
  const settings = {
    tokenizer_class: "PreTrainedTokenizerFast",
    eos_token: endToken,
    clean_up_tokenization_spaces: false,
    model_max_length: 131_072,
    chat_template: chatTemplate,
  };
  return { tokenizer, settings };
}
