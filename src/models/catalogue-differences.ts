import { entryFor, findModel } from "./catalogue.js";
import type { EntryFacts } from "./inspected-model.js";
import type { Quantization } from "./model-spec.js";

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * Where inspected weights are not what the catalogue says of a model of this name, such as `36 layers instead of 24`.
 *
 * @param found one of the catalogue's ways to store weights; absent when they are stored in another way
 * @returns nothing when all is the same, or when the catalogue has no such name
 */
export function catalogueDifferences(
  name: string,
  quantization: Quantization,
  facts: EntryFacts,
  found: Quantization | undefined,
): readonly string[] {
  if (findModel(name, quantization) === undefined) return [];
  const stated = entryFor(name, quantization, "own");
  const differ = <T>(is: T, should: T, words: (value: T) => string): readonly string[] =>
    is === should ? [] : [`${words(is)} instead of ${words(should)}`];
  const isNearlySame = gigabytes(facts.storageBytes) === gigabytes(stated.storageBytes);
  return [
    ...differ<string>(found ?? facts.quantization, quantization, (value) => value),
    ...differ(facts.layers, stated.layers, (value) => `${value} layers`),
    ...differ(facts.storageBytes, stated.storageBytes, isNearlySame ? (value) => `${value} bytes` : gigabytes),
    ...differ(facts.contextTokens, stated.contextTokens, (value) => `${value} tokens of context`),
  ];
}
