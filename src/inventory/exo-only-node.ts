import { estimatedWorkingSetBytes } from "../cluster/chips.js";
import type { NodeName } from "../cluster/names.js";
import { olderExoReasons } from "./agent-node.js";
import type { ExoPeer } from "./exo-state.js";
import type { ExoView } from "./exo-view.js";
import type { InventoryNode } from "./inventory.js";

/** A node that is known only through exo's API. */
export interface ExoOnlyPeer {
  readonly name: NodeName;
  readonly peer: ExoPeer;
  /** The view that told of it. */
  readonly toldBy: ExoView;
  /** Its own API, where the controller reaches it. */
  readonly own?: ExoView;
}

/**
 * A node without an agent. exo tells its chip and RAM; what Metal lets a model occupy is estimated from the RAM.
 * `others`: reasons that only the whole cluster can give.
 */
export function exoOnlyNode(known: ExoOnlyPeer, cordoned: boolean, others: readonly string[]): InventoryNode {
  const { peer, toldBy, own } = known;
  const { at, from } = toldBy.observation;
  const memoryBytes = peer.ramTotalBytes ?? 0;
  const variant = own?.variant;
  const unmeasured =
    peer.ramTotalBytes === undefined || peer.ramAvailableBytes === undefined
      ? ["exo has not reported its memory yet"]
      : [];
  return {
    name: known.name,
    simulated: (own ?? toldBy).simulated === true,
    cordoned,
    hardware: {
      value: { modelIdentifier: peer.modelName ?? "unknown", chip: peer.chip ?? "unknown", memoryBytes },
      at,
      from,
    },
    memory: {
      value: {
        totalBytes: memoryBytes,
        availableBytes: peer.ramAvailableBytes ?? 0,
        workingSetBytes: estimatedWorkingSetBytes(memoryBytes),
        workingSetSource: "estimated",
      },
      at,
      from,
    },
    exo: {
      value: {
        state: "running",
        nodeId: peer.id,
        ...(variant === undefined ? {} : { variant }),
        ...(own === undefined ? {} : { address: own.address }),
      },
      at,
      from,
    },
    notReady: [...olderExoReasons(own ?? toldBy), ...unmeasured, ...others],
  };
}
