import type { SizeRange } from "./size-range.js";

/**
 * How many nodes of a ring are still to come behind a given one, as levels. Level 0 is none; a ring begins at the highest.
 */
export interface NodeCounting {
  readonly levels: number;
  /** `[level]`: the level once one of them has come; 0: there is none after it. */
  readonly next: readonly number[];
  /** `[level]`: whether the next one may be the last. */
  readonly mayEnd: readonly boolean[];
}

const levelsFrom = (levels: number, next: (level: number) => number, mayEnd: (level: number) => boolean) => {
  const all = Array.from({ length: levels + 1 }, (_, level) => level);
  return { levels, next: all.map(next), mayEnd: all.map(mayEnd) };
};

/** At least `least` nodes behind the first one. */
export function atLeast(least: number): NodeCounting {
  return levelsFrom(
    Math.max(1, least),
    (level) => Math.max(1, level - 1),
    (level) => level === 1,
  );
}

/** At least one node behind the first one, and at most `most`. */
export function atMost(most: number): NodeCounting {
  return levelsFrom(
    most,
    (level) => level - 1,
    () => true,
  );
}

/** Exactly `count` nodes behind the first one. */
export function exactly(count: number): NodeCounting {
  return levelsFrom(
    count,
    (level) => level - 1,
    (level) => level === 1,
  );
}

/** A counting and the sizes of the rings that it admits. */
interface CountedSizes {
  readonly counting: NodeCounting;
  readonly sizes: SizeRange;
}

/** Countings that together admit just the rings of so many nodes, the small ones first; as few levels in each as will do. */
export function countingsFor({ minNodes, maxNodes }: SizeRange): readonly CountedSizes[] {
  if (minNodes <= 2) return [{ counting: atMost(maxNodes - 1), sizes: { minNodes: 2, maxNodes } }];
  return Array.from({ length: maxNodes - minNodes + 1 }, (_, index) => {
    const size = minNodes + index;
    return { counting: exactly(size - 1), sizes: { minNodes: size, maxNodes: size } };
  });
}
