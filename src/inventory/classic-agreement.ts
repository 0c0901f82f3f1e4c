import { type ClassicShard, classicPartitions, classicShards, ownClassicRange } from "../cluster/classic-ring.js";
import { findMemoryProblems, findShareProblems } from "./classic-memory-problems.js";
import { findMeshProblems } from "./classic-mesh-problems.js";
import type { ClassicComputation, ClassicNodeView, ClassicRingProblem } from "./classic-node-view.js";

export type ClassicAgreement =
  | {
      readonly kind: "agreed";
      /** In ring order; every node has at least one layer and computes exactly this. */
      readonly ring: readonly ClassicShard[];
      /** By node, in MB. */
      readonly memoryMb: ReadonlyMap<string, number>;
    }
  | {
      readonly kind: "not-agreed";
      /** At least one; causes before their effects. */
      readonly problems: readonly ClassicRingProblem[];
      /** For those nodes that answered and have a topology. */
      readonly computed: readonly ClassicComputation[];
    };

/**
 * Whether all nodes of a ring see the same ring, and one that works. exo 0.0.x computes the layers on every node, at every hop,
 * from that node's own topology: only equal node sets and equal memory on all of them, every node reaching every other, and at
 * least one layer each give right answers. Whatever is missing is a problem, never an agreement.
 *
 * @param views every node that belongs to the ring, whether or not it answered
 * @param layers of the model, at least 1
 */
export function judgeClassicRing(views: readonly ClassicNodeView[], layers: number): ClassicAgreement {
  const mesh = findMeshProblems(views);
  const memory = findMemoryProblems(views);
  const computed = views.flatMap((view) => computationOf(view, layers));
  const shares = findShareProblems(computed, layers);
  const problems = [...mesh, ...memory, ...shares];
  const [first] = computed;
  if (problems.length > 0 || first === undefined) return { kind: "not-agreed", problems, computed };
  const memoryMb = new Map([...(views[0]?.topology?.nodes ?? [])].map(([id, machine]) => [id, machine.memoryMb]));
  return { kind: "agreed", ring: first.ring, memoryMb };
}

function computationOf({ node, topology }: ClassicNodeView, layers: number): readonly ClassicComputation[] {
  if (topology === undefined || topology.nodes.size === 0) return [];
  const nodes = [...topology.nodes].map(([id, machine]) => ({ id, memory: machine.memoryMb }));
  if (nodes.every(({ memory }) => memory === 0)) return [{ node, ring: [] }];
  const ring = classicShards(classicPartitions(nodes), layers);
  const own = ownClassicRange(ring, node);
  return [{ node, ring, ...(own === undefined ? {} : { own }) }];
}
