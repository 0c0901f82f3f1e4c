import type { ChosenCopy } from "./choose-copy.js";
import type { CopyRates } from "./copy-rates.js";

/** Copies on disjoint sets of nodes with the sum of their rates, tokens per second. */
export interface Partition {
  readonly copies: readonly ChosenCopy[];
  readonly rate: number;
}

export interface PartitionSearch {
  /** The best partition on at most `mostNodes` nodes; undefined where none has at least `leastRate`. */
  best(mostNodes: number, leastRate: number): Partition | undefined;
  /** No partition has a higher sum of rates, whatever searches were cut short; 0 where there is none. */
  mostRate(): number;
}

function bitCount(set: number): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/**
 * Best sum of rates for every set of nodes, exactly all of it used, and the part that holds its first node. Rates are
 * bounds until they are worked out: the best partition under the bounds is worked out part by part and the table filled
 * again until every part of the best is exact, so only a handful of the thousands of sets is ever planned.
 */
export function bestPartitions(rates: CopyRates, mostNodes: number): PartitionSearch {
  const sets = 2 ** rates.nodeCount;
  const sum = new Float64Array(sets);
  const part = new Int32Array(sets);
  const sizes = Uint8Array.from({ length: sets }, (_, set) => bitCount(set));

  const fillTable = (rateOf: Float64Array, most: number): void => {
    for (let set = 1; set < sets; set += 1) {
      let best = Number.NEGATIVE_INFINITY;
      let chosen = 0;
      if ((sizes[set] ?? 0) <= most) {
        const first = set & -set;
        const others = set ^ first;
        for (let some = others; ; some = (some - 1) & others) {
          const rate = rateOf[some | first] ?? 0;
          if (rate > 0) {
            const total = rate + (sum[others ^ some] ?? 0);
            if (total > best) {
              best = total;
              chosen = some | first;
            }
          }
          if (some === 0) break;
        }
      }
      sum[set] = best;
      part[set] = chosen;
    }
  };

  const partsOf = (set: number): readonly number[] => {
    const parts: number[] = [];
    for (let rest = set; rest !== 0; rest ^= part[rest] ?? rest) parts.push(part[rest] ?? rest);
    return parts;
  };

  /** The set with the highest sum; 0 where there is none. */
  const findWinner = (): number => {
    let winner = 0;
    for (let set = 1; set < sets; set += 1) {
      if ((set & rates.pinned) !== rates.pinned) continue;
      if ((sum[set] ?? 0) > (winner === 0 ? 0 : (sum[winner] ?? 0))) winner = set;
    }
    return winner;
  };

  const best: PartitionSearch["best"] = (most, leastRate) => {
    const limit = Math.min(most, mostNodes);
    for (;;) {
      fillTable(rates.most, limit);
      const winner = findWinner();
      if (winner === 0 || (sum[winner] ?? 0) < leastRate) return undefined;
      const parts = partsOf(winner);
      const open = parts.filter((set) => rates.isExact[set] === 0);
      if (open.length === 0) {
        const copies = parts.flatMap((set) => rates.exact(set) ?? []);
        return { copies, rate: sum[winner] ?? 0 };
      }
      for (const set of open) rates.exact(set);
    }
  };
  const mostRate = (): number => {
    fillTable(rates.bound, mostNodes);
    const winner = findWinner();
    return winner === 0 ? 0 : (sum[winner] ?? 0);
  };
  return { best, mostRate };
}
