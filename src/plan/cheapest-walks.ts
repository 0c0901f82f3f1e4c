const infinity = Number.POSITIVE_INFINITY;

/** Steps that a walk may take from each node, with their seconds. */
export interface WalkEdges {
  /** `[node]`: where its steps begin in the lists; one entry more than nodes. */
  readonly begin: Int32Array;
  readonly to: Int32Array;
  readonly sec: Float64Array;
}

/** The edges of a matrix, row by row from where they go, that take at most `mostSec`. */
export function walkEdges(matrix: Float64Array, nodeCount: number, mostSec: number): WalkEdges {
  const begin = new Int32Array(nodeCount + 1);
  const to: number[] = [];
  const sec: number[] = [];
  for (let at = 0; at < matrix.length; at += 1) {
    const node = at % nodeCount;
    const from = (at - node) / nodeCount;
    if (node === 0) begin[from] = to.length;
    const cost = matrix[at] ?? infinity;
    if (node === from || cost > mostSec) continue;
    to.push(node);
    sec.push(cost);
  }
  begin[nodeCount] = to.length;
  return { begin, to: Int32Array.from(to), sec: Float64Array.from(sec) };
}

/**
 * Walks that never go straight back to where they came from. `[step][node]`: least cost of a walk of step + 1 nodes that
 * ends at the node, the values of all its nodes included.
 *
 * @param only walks that start there; otherwise they start anywhere
 * @param limits `[step]`: what a walk may cost so far; dearer ones are dropped
 */
export function cheapestWalks(
  values: Float64Array,
  edges: WalkEdges,
  size: number,
  only?: number,
  limits?: readonly number[],
): readonly Float64Array[] {
  const nodeCount = values.length;
  const { begin, to, sec: edgeSec } = edges;
  let best = only === undefined ? values.slice() : values.map((value, node) => (node === only ? value : infinity));
  let from = new Int32Array(nodeCount).fill(-1);
  let second = new Float64Array(nodeCount).fill(infinity);
  const steps = [best];
  for (let step = 1; step < size; step += 1) {
    const nextBest = new Float64Array(nodeCount).fill(infinity);
    const nextSecond = new Float64Array(nodeCount).fill(infinity);
    const nextFrom = new Int32Array(nodeCount).fill(-1);
    for (let last = 0; last < nodeCount; last += 1) {
      const [one, other, came] = [best[last] ?? infinity, second[last] ?? infinity, from[last] ?? -1];
      if (one > (limits?.[step - 1] ?? Number.MAX_VALUE)) continue;
      const until = begin[last + 1] ?? 0;
      for (let at = begin[last] ?? 0; at < until; at += 1) {
        const node = to[at] ?? 0;
        const sec = (came === node ? other : one) + (edgeSec[at] ?? infinity);
        if (sec < (nextBest[node] ?? infinity)) {
          nextSecond[node] = nextBest[node] ?? infinity;
          nextBest[node] = sec;
          nextFrom[node] = last;
        } else if (sec < (nextSecond[node] ?? infinity)) nextSecond[node] = sec;
      }
    }
    for (let node = 0; node < nodeCount; node += 1) {
      nextBest[node] = (nextBest[node] ?? infinity) + (values[node] ?? infinity);
      nextSecond[node] = (nextSecond[node] ?? infinity) + (values[node] ?? infinity);
    }
    best = nextBest;
    second = nextSecond;
    from = nextFrom;
    steps.push(best);
  }
  return steps;
}

/**
 * `[node]`: least cost of a walk of `size` nodes from the node and back to it over these edges; infinity where it is more
 * than `mostSec`.
 */
export function cheapestRounds(values: Float64Array, edges: WalkEdges, size: number, mostSec: number): Float64Array {
  const least = (all: Float64Array): number => all.reduce((low, value) => Math.min(low, value), infinity);
  const [value, hop] = [least(values), least(edges.sec)];
  const limits = Array.from({ length: size }, (_, step) => mostSec - (size - 1 - step) * (value + hop) - hop);
  return values.map((own, start) => {
    if (own > (limits[0] ?? infinity)) return infinity;
    const ends = cheapestWalks(values, edges, size, start, limits)[size - 1] ?? values;
    let least = infinity;
    for (let last = 0; last < values.length; last += 1) {
      if ((ends[last] ?? infinity) === infinity || last === start) continue;
      for (let at = edges.begin[last] ?? 0; at < (edges.begin[last + 1] ?? 0); at += 1) {
        if (edges.to[at] === start) least = Math.min(least, (ends[last] ?? infinity) + (edges.sec[at] ?? infinity));
      }
    }
    return least;
  });
}
