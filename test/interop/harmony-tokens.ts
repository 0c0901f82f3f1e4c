import { byteTokenizer, space } from "./byte-tokenizer.js";

/** As many as gpt-oss has. */
export const vocabularySize = 201_088;
/** Tokens of OpenAI's o200k vocabulary: exo's parser reads ids, whatever the model's tokenizer says. */
export const ids = { return: 200_002, channel: 200_005, start: 200_006, end: 200_007, message: 200_008 };
export const wordIds = { final: 17_196, paris: 72_782, one: 1_001, two: 1_920 };

/** What the model tells tokens apart by. Any other token, such as those of a prompt, is `text`. */
export const kinds = { text: 0, channel: 1, final: 2, message: 3, paris: 4, one: 5, two: 6 } as const;
export type Kind = keyof typeof kinds;

/** A token, its kind, the kind that it follows, and how much. What follows `paris` in second place is for who bans the end. */
export const sequence: readonly (readonly [id: number, kind: Kind | undefined, after: Kind, weight: number])[] = [
  [ids.channel, "channel", "text", 4],
  [wordIds.final, "final", "channel", 4],
  [ids.message, "message", "final", 4],
  [wordIds.paris, "paris", "message", 4],
  [ids.return, undefined, "paris", 4],
  [wordIds.one, "one", "paris", 3],
  [wordIds.two, "two", "one", 4],
  [wordIds.one, "one", "two", 4],
];

/** The tokenizer of a model that answers in harmony's frame. */
export const harmonyTokenizer = (): ReturnType<typeof byteTokenizer> =>
  byteTokenizer({
    words: [
      ...Object.entries(ids).map(([name, id]) => ({ id, text: `<|${name}|>` })),
      { id: wordIds.final, text: "final" },
      { id: wordIds.paris, text: "Paris" },
      { id: wordIds.one, text: `${space}one` },
      { id: wordIds.two, text: `${space}two` },
    ],
    endToken: "<|return|>",
    decoding: "plain",
    chatTemplate:
      "{% for message in messages %}<|start|>{{ message['role'] }}<|message|>{{ message['content'] }}<|end|>{% endfor %}" +
      "<|start|>assistant",
  });
