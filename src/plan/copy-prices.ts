import { mostRingSec } from "./most-ring-sec.js";
import type { RingBound } from "./ring-bound.js";
import type { SearchSpace } from "./search-space.js";
import type { WorkBudget } from "./work-budget.js";

const infinity = Number.POSITIVE_INFINITY;
/** Rounds of finding prices; each fills the tables once for every slope. */
const rounds = 60;
/** Every so many rounds it is the average of the prices so far that is looked at: it is smoother, and as good a proof. */
const averageEvery = 5;
/** What a round adds to the average. */
const averageWeight = 0.1;
/** How much prices may move in a round, and after how many rounds half as much. */
const pace = 0.3;
const paceRounds = 10;
/** Step times that slopes are made for, as multiples of the fastest. */
const slopeTimes = [1, 1.16, 1.32, 1.48, 1.64, 1.8, 2];
/** The same for the last slope, under which only prices count. */
const onlyPrices = 1000;

/** A copy that does not run as a ring: on one node, or a tensor pair. */
export interface OtherCopy {
  readonly nodes: readonly number[];
  readonly sec: number;
}

/** What each node is worth, and what copies cannot bring more than. */
export interface CopyPrices {
  /** `[node]`: copies per second that the node is worth. */
  readonly price: Float64Array;
  /** No set of copies on disjoint nodes has a higher sum of rates, copies per second: their price in all. */
  readonly mostRate: number;
  /** Slopes to look for good rings under: cost = step time + slope x prices of the nodes. */
  readonly slopes: readonly number[];
}

/** What rings are looked at under: slopes that rise, the last of which leaves only prices, and the longest step there can be. */
interface Lines {
  readonly slopes: readonly number[];
  readonly lastSlope: number;
  readonly mostSec: number;
}

/** A round's view of the rings: the cheapest product of step time and price, and who is in the best rings. */
interface Round {
  readonly leastProduct: number;
  /** `[node]`: copies that want the node, if every node chooses the best ring that begins with it. */
  readonly demand: Float64Array;
}

/**
 * A copy is worth its nodes when step time x price >= 1, as its rate is 1 / step time. If that holds for every copy there
 * can be, no set of them has a higher rate than all prices together (duality of linear programming). Both factors are sums
 * over the ring, so the least product lies above the lines `step time + slope x price >= least cost under the slope`: at one
 * of the corners between them, or at the end of the last line, the longest step that a ring can have. Prices rise where more
 * copies want a node than there can be, and fall where nobody does.
 */
export function searchPrices(
  space: SearchSpace,
  bound: RingBound,
  others: readonly OtherCopy[],
  work: WorkBudget,
): CopyPrices {
  const { nodeCount } = space;
  const nothing = new Float64Array(nodeCount);
  bound.fill(-1, nothing);
  const fastestAlone = others.reduce((least, { sec }) => Math.min(least, sec), infinity);
  const fastest = nothing.reduce((least, _, node) => Math.min(least, bound.leastSec(node)), fastestAlone);
  const slopes = slopeTimes.map((times) => (fastest * times) ** 2);
  const lines = { slopes, lastSlope: (fastest * onlyPrices) ** 2, mostSec: mostRingSec(space) };
  const price = startPrices(space, fastest);
  const average = price.slice();
  const best = { mostRate: infinity, price: price.slice() };
  for (let round = 1; round <= rounds && work.left > 0; round += 1) {
    work.left -= Math.ceil(1.5 * nodeCount * (slopes.length + 2));
    const looked = round % averageEvery === 0 ? average : price;
    const { leastProduct, demand } = lookAtRings(space, bound, others, looked, lines);
    const mostRate = looked.reduce((sum, one) => sum + one, 0) / leastProduct;
    if (mostRate < best.mostRate) {
      best.mostRate = mostRate;
      best.price = looked.map((one) => one / leastProduct);
    }
    if (looked === average) continue;
    const step = pace / (1 + round / paceRounds);
    for (let node = 0; node < nodeCount; node += 1) {
      const worth = (price[node] ?? 0) / leastProduct;
      average[node] = round === 1 ? worth : (average[node] ?? 0) * (1 - averageWeight) + worth * averageWeight;
      price[node] = worth * Math.exp(step * Math.max(-1, Math.min(1, (demand[node] ?? 0) - 1)));
    }
  }
  return { ...best, slopes };
}

/** To begin with, nodes are worth the share of a copy that they can hold, times what they would do alone. */
function startPrices({ nodeCount, layers, ends, computeSec }: SearchSpace, fastest: number): Float64Array {
  const row = layers + 1;
  return Float64Array.from({ length: nodeCount }, (_, node) => {
    let most = 0;
    for (let start = 0; start < layers; start += 1) {
      most = Math.max(most, (ends.middle.far[node * row + start] ?? 0) - start);
    }
    return most / layers / ((computeSec[node * row + layers] ?? 0) + fastest / 4);
  });
}

function lookAtRings(
  space: SearchSpace,
  bound: RingBound,
  others: readonly OtherCopy[],
  price: Float64Array,
  { slopes, lastSlope, mostSec }: Lines,
): Round {
  const nodes = [...price.keys()];
  const demand = new Float64Array(space.nodeCount);
  const chosen = nodes.map(() => ({ product: infinity, walk: [] as readonly number[] }));
  const lines = [0, ...slopes, lastSlope].map((slope) => {
    const priceSec = price.map((one) => one * slope);
    const sum = priceSec.reduce((all, one) => all + one, 0);
    bound.fill(-1, priceSec);
    const costOf = (node: number): number => bound.leastSec(node) + sum + (priceSec[node] ?? 0);
    if (slope > 0 && slope < lastSlope) {
      nodes.forEach((node) => {
        const product = costOf(node) ** 2 / (4 * slope);
        const before = chosen[node];
        if (before !== undefined && product < before.product) {
          before.product = product;
          before.walk = [node, ...bound.walk(node)];
        }
      });
    }
    return { slope, least: nodes.reduce((least, node) => Math.min(least, costOf(node)), infinity) };
  });
  const products = others.map(({ nodes: members, sec }) => sec * priceOf(price, members));
  others.forEach(({ nodes: members }, index) => {
    const product = products[index] ?? infinity;
    for (const node of members) {
      const before = chosen[node];
      if (before === undefined || product >= before.product) continue;
      before.product = product;
      before.walk = members;
    }
  });
  for (const { walk } of chosen) for (const node of walk) demand[node] = (demand[node] ?? 0) + 1 / walk.length;
  const leastProduct = products.reduce((least, one) => Math.min(least, one), leastCorner(lines, mostSec));
  return { leastProduct, demand };
}

export const priceOf = (price: Float64Array, nodes: readonly number[]): number =>
  nodes.reduce((sum, node) => sum + (price[node] ?? 0), 0);

/**
 * The least product x * y above all lines `x + slope * y >= least`, whose slopes rise, where no x is above `mostX`: at a corner
 * of two neighbours or at the end of the last line. Along a line the product is least at an end.
 */
function leastCorner(lines: readonly { readonly slope: number; readonly least: number }[], mostX: number): number {
  let product = infinity;
  for (const [index, line] of lines.entries()) {
    if (line.least === infinity) continue;
    const next = lines[index + 1];
    const price =
      next === undefined ? (line.least - mostX) / line.slope : (next.least - line.least) / (next.slope - line.slope);
    product = Math.min(product, Math.max(0, price) * (line.least - line.slope * price));
  }
  return product;
}
