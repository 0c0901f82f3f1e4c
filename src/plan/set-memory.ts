/** More nodes than this make no exact number as a set together with a last node. */
const mostNodes = 40;
/** Sets to remember: bounds memory, not correctness. */
const mostSets = 150_000;
/** Sums of the same costs in another order differ by less than this fraction. */
const roundingTolerance = 1e-14;

/** Remembers what partial orders have reached, so that others of the same nodes need not go on where they are no better. */
export interface SetMemory {
  clear(): void;
  /**
   * Whether some entry of `costs` is lower than all before it for this set and last node; sets those that are not to
   * infinity.
   */
  isNews(order: readonly number[], costs: Float64Array): boolean;
}

export function createSetMemory(nodeCount: number): SetMemory {
  const seen = new Map<number, Float64Array>();
  const keyOf = (order: readonly number[]): number =>
    order.reduce((set, node) => set + 2 ** node, 0) * nodeCount + (order.at(-1) ?? 0);
  const isNews: SetMemory["isNews"] = (order, costs) => {
    const key = keyOf(order);
    const known = seen.get(key);
    if (known === undefined) {
      if (seen.size < mostSets) seen.set(key, costs.slice());
      return true;
    }
    let news = false;
    for (let at = 0; at < costs.length; at += 1) {
      const cost = costs[at] ?? Number.POSITIVE_INFINITY;
      if (cost < (known[at] ?? Number.POSITIVE_INFINITY) * (1 - roundingTolerance)) {
        known[at] = cost;
        news = true;
      } else costs[at] = Number.POSITIVE_INFINITY;
    }
    return news;
  };
  // Orders of three nodes or fewer come once each: with the first and the last given, there is nothing to compare.
  return {
    clear: () => seen.clear(),
    isNews: (order, costs) => nodeCount > mostNodes || order.length <= 3 || isNews(order, costs),
  };
}
