import { hopRows } from "./hop-rows.js";
import type { NodeCounting } from "./node-counting.js";
import type { SearchSpace } from "./search-space.js";
import { createTwoWays, home, type Ways } from "./two-ways.js";

const infinity = Number.POSITIVE_INFINITY;
/** Cheapest next nodes that are kept for each layer; where none of them will do, all nodes are looked at. */
const shortlistLength = 16;

/**
 * Least cost of what is still to come in a ring with a given first node, for every node and layer. One thing is relaxed: a
 * node may come again, though not directly behind its own neighbour (as in j, k, j), and never the first one. Tables are read
 * at `(level * nodeCount + node) * (layers + 1) + layer`.
 */
export interface RestCosts {
  /** A node that runs on from the layer, its level counted with it: its price, its block and all after it. */
  readonly from: Ways;
  /** A node that has run everything up to the layer: the hop to the next one and all after it. */
  readonly after: Ways;
}

export interface RestQuery {
  /** `[node]`: seconds of going home from there. */
  readonly homeSec: Float64Array;
  /** The first node of the ring; -1 where it may be anybody. */
  readonly first: number;
  /** `[node]`: added each time that a ring comes to the node. */
  readonly priceSec: Float64Array;
}

/**
 * Prepares the tables of a space. Every call of the function that is returned fills the same tables anew, from the last
 * layer to the first, in time proportional to levels x layers x (unusual links + lengths of all nodes' longest blocks).
 */
export function createRestCosts(space: SearchSpace, counting: NodeCounting): (query: RestQuery) => RestCosts {
  const { nodeCount, layers, hopSec, computeSec, ends } = space;
  const row = layers + 1;
  const hops = hopRows(space);
  const two = createTwoWays();
  const from = two.table((counting.levels + 1) * nodeCount * row);
  const after = two.table((counting.levels + 1) * nodeCount * row);
  const shortlist = new Int32Array(shortlistLength);

  const fillFrom = (level: number, layer: number, { homeSec, first, priceSec }: RestQuery): void => {
    const further = counting.next[level] ?? 0;
    const mayEnd = counting.mayEnd[level] === true;
    for (let node = 0; node < nodeCount; node += 1) {
      two.begin();
      const base = node * row;
      const at = base + layer;
      if (node !== first) {
        const closes = mayEnd && (ends.last.far[at] ?? 0) >= layers && (ends.last.near[at] ?? 0) <= layers;
        if (closes) two.offer((computeSec[base + layers] ?? 0) + (homeSec[node] ?? infinity), home);
        const shift = (further * nodeCount + node) * row;
        const last = further === 0 ? 0 : Math.min(ends.middle.far[at] ?? 0, layers - 1);
        const nearest = ends.middle.near[at] ?? 0;
        // The longest block is mostly the best; beginning with it, the others need just a glance.
        for (let end = last; end >= nearest; end -= 1) {
          two.offerBoth(computeSec[base + end] ?? 0, after, shift + end);
        }
      }
      const lessSec = (computeSec[at] ?? 0) - (priceSec[node] ?? 0);
      two.keep(from, (level * nodeCount + node) * row + layer, lessSec);
    }
  };

  /** The cheapest nodes to run on from the layer, the cheapest first. Returns how many. */
  const fillShortlist = (offset: number): number => {
    let length = 0;
    for (let node = 0; node < nodeCount; node += 1) {
      const sec = from.sec[offset + node * row] ?? infinity;
      if (sec === infinity) continue;
      if (length === shortlistLength) {
        if (sec >= (from.sec[offset + (shortlist[length - 1] ?? 0) * row] ?? infinity)) continue;
        length -= 1;
      }
      let place = length;
      for (; place > 0 && (from.sec[offset + (shortlist[place - 1] ?? 0) * row] ?? 0) > sec; place -= 1) {
        shortlist[place] = shortlist[place - 1] ?? 0;
      }
      shortlist[place] = node;
      length += 1;
    }
    return length;
  };

  /** The hop to `next`, which must not go straight back to `node`. */
  const offerHop = (node: number, next: number, hop: number, offset: number): void => {
    const at = offset + next * row;
    const rest = from.next[at] === node ? from.otherSec : from.sec;
    two.offer(hop + (rest[at] ?? infinity), next);
  };

  const offerUsualHops = (node: number, offset: number, length: number): void => {
    const { usualSec } = hops;
    const isUsual = (next: number): boolean => next !== node && hopSec[node * nodeCount + next] === usualSec;
    for (let place = 0; place < length; place += 1) {
      const next = shortlist[place] ?? 0;
      if (usualSec + (from.sec[offset + next * row] ?? infinity) >= two.worst()) return;
      if (isUsual(next)) offerHop(node, next, usualSec, offset);
    }
    if (length < shortlistLength) return;
    for (let next = 0; next < nodeCount; next += 1) if (isUsual(next)) offerHop(node, next, usualSec, offset);
  };

  const fillAfter = (level: number, layer: number): void => {
    const offset = level * nodeCount * row + layer;
    const length = fillShortlist(offset);
    const least = length === 0 ? infinity : (from.sec[offset + (shortlist[0] ?? 0) * row] ?? infinity);
    for (let node = 0; node < nodeCount; node += 1) {
      two.begin();
      for (let at = hops.begin[node] ?? 0; at < (hops.begin[node + 1] ?? 0); at += 1) {
        if ((hops.sec[at] ?? infinity) + least >= two.worst()) break;
        offerHop(node, hops.to[at] ?? 0, hops.sec[at] ?? infinity, offset);
      }
      if (hops.usualSec < infinity) offerUsualHops(node, offset, length);
      two.keep(after, offset + node * row, 0);
    }
  };

  return (query) => {
    for (let layer = layers - 1; layer >= 0; layer -= 1) {
      for (let level = 1; level <= counting.levels; level += 1) fillFrom(level, layer, query);
      for (let level = 1; level <= counting.levels; level += 1) if (layer > 0) fillAfter(level, layer);
    }
    return { from, after };
  };
}
