import type { CostTables } from "./cost-tables.js";

/** Steps after which looking for exo's ring is given up. */
const mostSteps = 300_000;

interface RingSearch {
  readonly tables: CostTables;
  readonly memory: readonly number[];
  readonly needBytes: number;
  /** Nodes by falling memory: the first ring found is then mostly the best. */
  readonly order: readonly number[];
  /** exo prefers rings with a node that has at most one neighbour. */
  readonly isLeaf: readonly boolean[];
  steps: number;
}

interface FoundRing {
  readonly ring: readonly number[];
  readonly bytes: number;
  readonly hasLeaf: boolean;
}

const isLinked = ({ nodes, hopSec }: CostTables, from: number, to: number): boolean =>
  (hopSec[from * nodes.length + to] ?? Number.POSITIVE_INFINITY) < Number.POSITIVE_INFINITY;

/**
 * The ring that exo 1.x selects: of the smallest ones whose memory is enough, those with a leaf first, then the one with
 * most memory. Which of several equal ones exo takes, and where it begins, follows from its graph library; here it is the
 * one that comes first by memory and name.
 *
 * @param memory free bytes by node number
 */
export function findExoRing(
  tables: CostTables,
  memory: readonly number[],
  needBytes: number,
  minNodes: number,
): readonly number[] | "none" | "unknown" {
  const all = [...tables.nodes.keys()];
  const order = all.toSorted((left, right) => (memory[right] ?? 0) - (memory[left] ?? 0) || left - right);
  const neighbours = all.map((from) => all.filter((to) => to !== from && isLinked(tables, from, to)).length);
  const isLeaf = neighbours.map((count) => count <= 1);
  const search: RingSearch = { tables, memory, needBytes, order, isLeaf, steps: 0 };
  for (let size = minNodes; size <= all.length; size += 1) {
    const found = bestRing(search, size);
    if (found !== undefined) return found.ring;
    if (search.steps > mostSteps) return "unknown";
  }
  return "none";
}

function bestRing(search: RingSearch, size: number): FoundRing | undefined {
  const { memory, order, tables, isLeaf } = search;
  const anyLeaf = isLeaf.some(Boolean);
  let best: FoundRing | undefined;
  const isBetter = (bytes: number, hasLeaf: boolean): boolean =>
    best === undefined || (hasLeaf === best.hasLeaf ? bytes > best.bytes : hasLeaf);

  const close = (ring: readonly number[], bytes: number): void => {
    const [first, last] = [ring[0] ?? 0, ring.at(-1) ?? 0];
    if (size > 1 && !isLinked(tables, last, first)) return;
    const hasLeaf = ring.some((node) => isLeaf[node]);
    if (bytes >= search.needBytes && isBetter(bytes, hasLeaf)) best = { ring, bytes, hasLeaf };
  };

  const visit = (ring: readonly number[], anchor: number, bytes: number): void => {
    if (ring.length === size) {
      close(ring, bytes);
      return;
    }
    const left = size - ring.length;
    const last = ring.at(-1);
    const open = order.slice(anchor).filter((node) => !ring.includes(node));
    const most = open.slice(0, left).reduce((sum, node) => sum + (memory[node] ?? 0), bytes);
    if (most < search.needBytes || (!anyLeaf && best !== undefined && most <= best.bytes)) return;
    for (const node of open) {
      search.steps += 1;
      if (search.steps > mostSteps) return;
      if (last === undefined || isLinked(tables, last, node))
        visit([...ring, node], anchor, bytes + (memory[node] ?? 0));
    }
  };

  order.forEach((node, anchor) => {
    if (search.steps <= mostSteps) visit([node], anchor + 1, memory[node] ?? 0);
  });
  return search.steps > mostSteps ? undefined : best;
}
