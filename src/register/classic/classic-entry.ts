import type { ClassicEngine, ClassicEntry } from "../../cluster/classic-entry.js";

/** The classes that the registry names for exo 0.0.x's engines. */
export const engineClasses = {
  mlx: "MLXDynamicShardInferenceEngine",
  tinygrad: "TinygradDynamicShardInferenceEngine",
  dummy: "DummyInferenceEngine",
} as const satisfies Readonly<Record<ClassicEngine, string>>;

const idPattern = /^[A-Za-z0-9][\w.:-]{0,199}$/;
const control = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

/** Everything that keeps an entry from being written as Python at all; each in words, with the field in front. */
export function entryProblems(entry: ClassicEntry): readonly string[] {
  const text = (field: "repo" | "label", most: number): readonly string[] =>
    entry[field] === "" || entry[field].length > most || control.test(entry[field])
      ? [`${field}: expected up to ${most} plain characters`]
      : [];
  return [
    ...(idPattern.test(entry.id) ? [] : ["id: expected letters, digits, dots, dashes, colons and underscores"]),
    ...(Number.isSafeInteger(entry.layers) && entry.layers >= 1 && entry.layers <= 10_000
      ? []
      : ["layers: expected a whole number from 1 to 10000"]),
    ...text("repo", 512),
    ...text("label", 128),
  ];
}

/** A Python value that we write: text, a whole number, or a dict. */
export type Shape = string | number | readonly (readonly [string, Shape])[];

/** The value of `model_cards[id]`. */
export const cardShape = ({ layers, engine, repo }: ClassicEntry): Shape => [
  ["layers", layers],
  ["repo", [[engineClasses[engine], repo]]],
];
