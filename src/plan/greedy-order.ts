import type { FoundOrder } from "./place-in-order.js";
import { leastSecInOrder } from "./place-in-order.js";
import type { SearchSpace } from "./search-space.js";
import type { SizeRange } from "./size-range.js";

/**
 * How to choose the next node: the cheapest seconds per byte, hop included; the one that gets farthest; or the one that is
 * of least use elsewhere, which keeps nodes that fit anywhere for where others do not fit.
 */
type Rule = "cheapest" | "farthest" | "choosiest";

/** First nodes to begin with, by each rule. */
const starts = 12;
const infinity = Number.POSITIVE_INFINITY;

/** Builds orders node by node, without ever going back, and keeps the best: an answer where there are too many nodes for more. */
export function greedyOrder(space: SearchSpace, sizes: SizeRange): FoundOrder | undefined {
  const rank = (rule: Rule, node: number): number => score(space, rule, undefined, node, 0, "first");
  const nodes = Array.from({ length: space.nodeCount }, (_, node) => node);
  let best: FoundOrder | undefined;
  for (const rule of ["cheapest", "farthest", "choosiest"] as const) {
    const scored = nodes.map((node) => ({ node, value: rank(rule, node) })).filter(({ value }) => value < infinity);
    const firsts = scored.toSorted((left, right) => left.value - right.value || left.node - right.node);
    for (const { node } of firsts.slice(0, starts)) {
      const order = buildOrder(space, sizes, rule, node);
      const sec = order === undefined ? infinity : leastSecInOrder(space, order);
      if (order !== undefined && sec < (best?.sec ?? infinity)) best = { order, sec };
    }
  }
  return best;
}

/** Lower is better; infinite where the node can't go on from `start`. */
function score(
  space: SearchSpace,
  rule: Rule,
  previous: number | undefined,
  node: number,
  start: number,
  position: "first" | "middle",
): number {
  const row = space.layers + 1;
  const hop = previous === undefined ? 0 : (space.hopSec[previous * space.nodeCount + node] ?? infinity);
  const end = space.ends[position].far[node * row + start] ?? 0;
  if (hop === infinity || end <= start) return infinity;
  if (rule === "farthest") return -end;
  if (rule === "choosiest") {
    const [here, elsewhere] = [end - start, (space.ends.middle.far[node * row + start + 1] ?? 0) - start - 1];
    return 1000 * Math.max(0, elsewhere - here) - 100 * Math.max(0, here - elsewhere) - here;
  }
  const bytes = (space.readBytes[end] ?? 0) - (space.readBytes[start] ?? 0);
  const sec = (space.computeSec[node * row + end] ?? 0) - (space.computeSec[node * row + start] ?? 0);
  return (hop + sec) / bytes;
}

/** Whether the node can run everything from `start` on and reach the first node again. */
function closes(space: SearchSpace, order: readonly number[], node: number, start: number): boolean {
  const first = order[0] ?? node;
  const previous = order.at(-1) ?? node;
  const row = space.layers + 1;
  if (order.length === 0) return (space.ends.only.far[node * row] ?? 0) >= space.layers;
  return (
    (space.ends.last.far[node * row + start] ?? 0) >= space.layers &&
    (space.hopSec[previous * space.nodeCount + node] ?? infinity) < infinity &&
    (space.returnSec[node * space.nodeCount + first] ?? infinity) < infinity
  );
}

function buildOrder(space: SearchSpace, sizes: SizeRange, rule: Rule, first: number): readonly number[] | undefined {
  const row = space.layers + 1;
  if (sizes.minNodes <= 1 && closes(space, [], first, 0)) return [first];
  const order = [first];
  const used = new Set(order);
  let start = Math.min(space.layers - 1, space.ends.first.far[first * row] ?? 0);
  if (start === 0) return undefined;
  while (order.length < sizes.maxNodes) {
    const left = Math.max(1, sizes.minNodes - order.length);
    start = Math.min(start, space.layers - left);
    let next: { readonly node: number; readonly value: number } | undefined;
    for (let node = 0; node < space.nodeCount; node += 1) {
      if (used.has(node)) continue;
      const isLast = left === 1 && closes(space, order, node, start);
      const value = score(space, rule, order.at(-1), node, start, "middle");
      const better = isLast ? value - 1e6 : value;
      if ((isLast || value < infinity) && (next === undefined || better < next.value)) next = { node, value: better };
    }
    if (next === undefined) return undefined;
    if (left === 1 && closes(space, order, next.node, start)) return [...order, next.node];
    start = Math.min(space.layers - 1, space.ends.middle.far[next.node * row + start] ?? 0);
    order.push(next.node);
    used.add(next.node);
  }
  return undefined;
}
