import type { ApiKey } from "./api-key.js";
import { hashKeyText, keyPattern } from "./key-text.js";

/** Finds the key that has a text, whether or not it is still good. */
export type FindKey = (text: string) => ApiKey | undefined;

/**
 * Looks keys up by the hash of their text. How long that takes may depend on how much of two hashes is alike, and tells nothing
 * about a key all the same: a guesser does not choose the hash of a guess, and each hash is that of no other text that anybody
 * could find.
 *
 * @param keys read anew at each call; the index is made again when it gives another list
 */
export function createFindKey(keys: () => readonly ApiKey[]): FindKey {
  let indexed: readonly ApiKey[] = [];
  let byHash = new Map<string, ApiKey>();
  return (text) => {
    if (!keyPattern.test(text)) return undefined;
    const now = keys();
    if (now !== indexed) {
      indexed = now;
      byHash = new Map(now.map((key) => [key.sha256, key]));
    }
    return byHash.get(hashKeyText(text));
  };
}
