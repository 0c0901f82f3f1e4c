import type { ClassicShard } from "../cluster/classic-ring.js";
import type { ClassicTopology } from "../cluster/classic-topology.js";
import type { LayerRange } from "../cluster/layer-range.js";

/** One node of the ring as it should be, and what it says. */
export interface ClassicNodeView {
  /** Its `--node-id`. */
  readonly node: string;
  /** What the node itself answered; absent when it did not answer. */
  readonly topology?: ClassicTopology;
  /** What the others' discovery files say about its memory, in MB. Its peers use it while they cannot ask the node. */
  readonly configuredMb?: number;
  /** What it must measure, in MB: where layers are forced, or its memory is known. Not checked when absent. */
  readonly expectedMb?: number;
}

/** What one node computes from its own topology. */
export interface ClassicComputation {
  readonly node: string;
  /** The whole ring as it sees it, in ring order, empty ranges included. None when it divides by zero. */
  readonly ring: readonly ClassicShard[];
  /** The layers that it takes itself; absent when it would fail. */
  readonly own?: LayerRange;
}

/** Why a ring of exo 0.0.x is not to be used as it is. */
export interface ClassicRingProblem {
  readonly code:
    | "no_nodes"
    | "duplicate_id"
    | "no_answer"
    | "still_starting"
    | "other_id"
    | "partial_mesh"
    | "stranger"
    | "configured_memory"
    | "memory_differs"
    | "other_memory"
    | "no_memory"
    | "no_layers";
  /** The node that it is about. */
  readonly node?: string;
  /** One sentence for an admin. */
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
}
