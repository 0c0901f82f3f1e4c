import { classicPartitions, classicShards } from "../cluster/classic-ring.js";

/** How many layers one node is to get, in ring order. */
export interface ClassicShare {
  readonly node: string;
  readonly layers: number;
}

export type ClassicMemory =
  | {
      readonly kind: "memory";
      /** What each node must report to exo, in MB. The sum is about 10⁶ and says nothing about real machines. */
      readonly memoryMb: ReadonlyMap<string, number>;
    }
  | {
      readonly kind: "refused";
      readonly code: "no_nodes" | "duplicate_id" | "no_layers" | "larger_later" | "too_fine";
      readonly node?: string;
      /** One sentence for an admin. */
      readonly message: string;
    };

/** Enough for exo's five digits, and far from what 32 bits hold. */
const totalMb = 1_000_000;

/**
 * Memory values that make exo 0.0.x compute these layers on every node. Its ring goes by memory, largest first, so larger ranges
 * have to come first, and each node needs a layer (exo-0x reference 8.3). Every end of a range is aimed half a layer beyond it,
 * since exo cuts fractions off: rounding can then not move it. Nodes with equal counts get strictly falling values, so that
 * their order does not depend on their ids.
 *
 * @param shares in the wanted ring order; the layers of the model are their sum
 * @returns values for which exo's own formula gives exactly these ranges, or why there are none
 */
export function classicMemoryFor(shares: readonly ClassicShare[]): ClassicMemory {
  const refusal = refuseShares(shares);
  if (refusal !== undefined) return refusal;
  const layers = shares.reduce((sum, share) => sum + share.layers, 0);
  const memoryMb = new Map<string, number>();
  let before = Number.POSITIVE_INFINITY;
  for (const [at, share] of shares.entries()) {
    const beyond = (at === shares.length - 1 ? 0 : 0.5) - (at === 0 ? 0 : 0.5);
    const value = Math.min(Math.round(((share.layers + beyond) / layers) * totalMb), before - 1);
    memoryMb.set(share.node, value);
    before = value;
  }
  if (givesExactly(memoryMb, shares, layers)) return { kind: "memory", memoryMb };
  const message = `${layers} layers over ${shares.length} nodes are finer than exo's five digits can tell apart.`;
  return { kind: "refused", code: "too_fine", message };
}

function refuseShares(shares: readonly ClassicShare[]): ClassicMemory | undefined {
  if (shares.length === 0) return { kind: "refused", code: "no_nodes", message: "There is no node to give layers to." };
  const ids = shares.map((share) => share.node);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined)
    return { kind: "refused", code: "duplicate_id", node: twice, message: `${twice} is in the ring twice.` };
  const empty = shares.find(({ layers }) => !Number.isSafeInteger(layers) || layers < 1);
  if (empty !== undefined) {
    const message = `${empty.node} must get at least one whole layer: exo 0.0.x fails with a node that has none.`;
    return { kind: "refused", code: "no_layers", node: empty.node, message };
  }
  const later = shares.findIndex(({ layers }, at) => layers > (shares[at - 1]?.layers ?? Number.POSITIVE_INFINITY));
  const [left, right] = [shares[later - 1], shares[later]];
  if (left === undefined || right === undefined) return undefined;
  const message = `${right.node} cannot have more layers (${right.layers}) than ${left.node} before it (${left.layers}): exo 0.0.x puts larger shares first.`;
  return { kind: "refused", code: "larger_later", node: right.node, message };
}

function givesExactly(memoryMb: ReadonlyMap<string, number>, shares: readonly ClassicShare[], layers: number): boolean {
  if ([...memoryMb.values()].some((value) => value < 1)) return false;
  const nodes = [...memoryMb].map(([id, memory]) => ({ id, memory }));
  const ring = classicShards(classicPartitions(nodes), layers);
  let start = 0;
  return shares.every((share, at) => {
    const end = start + share.layers;
    const given = ring[at];
    const isExact = given?.node === share.node && given.layers.start === start && given.layers.end === end;
    start = end;
    return isExact;
  });
}
