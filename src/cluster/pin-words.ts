import { wordlist } from "@scure/bip39/wordlists/english.js";

/** Words of a pin that people compare: with 2,048 words (BIP-39) these are 66 bits, out of reach of trying out keys. */
const wordCount = 6;
const bitsPerWord = 11;

/**
 * A pin as words, to be compared by people on two machines: the first 66 bits of the key's SHA-256. Both machines derive them from
 * the pin itself, so equal words mean equal keys.
 *
 * @param pin base64url SHA-256 of a public key
 */
export function pinWords(pin: string): string {
  const bits = [...Buffer.from(pin, "base64url").subarray(0, 9)]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  return Array.from({ length: wordCount }, (_, at) => {
    const index = Number.parseInt(bits.slice(at * bitsPerWord, (at + 1) * bitsPerWord), 2);
    return wordlist[index] ?? "";
  }).join(" ");
}
