import type { NodeName } from "../cluster/names.js";
import type { ClusterView } from "./cluster-access.js";
import type { InstanceSpec } from "./exo-control.js";
import type { MatchedCopy } from "./match-copies.js";
import { rdmaWiring } from "./plan-rdma.js";
import { chooseRingPort, ringAddresses } from "./plan-ring.js";
import { type ApplyTarget, newInstanceId } from "./target.js";

/** A source of UUIDs, handed in so that everything here stays a function of its arguments. */
export type NewUuid = () => string;

/** Nodes that do not reach each other as the copy needs it. */
interface NoWay {
  readonly kind: "no-link" | "no-rdma";
  readonly from: NodeName;
  readonly to: NodeName;
}

export type SpecResult =
  | { readonly kind: "spec"; readonly spec: InstanceSpec }
  | { readonly kind: "no-exo-id"; readonly node: NodeName }
  | NoWay;

/**
 * The instance to post for a copy, with ids and port of its own. exo's node ids are looked up now: they change at each start.
 * Pipelines go over exo's TCP ring. A tensor pair goes over RDMA and nothing else: over TCP it would be many times slower than
 * what was planned.
 */
export function instanceSpec(
  target: ApplyTarget,
  { copy, entry }: MatchedCopy,
  view: ClusterView,
  newUuid: NewUuid,
): SpecResult {
  const shards: InstanceSpec["shards"][number][] = [];
  for (const { node, layers } of copy.stages) {
    const nodeId = view.inventory.nodes.find((candidate) => candidate.name === node)?.exo.value.nodeId;
    if (nodeId === undefined) return { kind: "no-exo-id", node };
    shards.push({ nodeId, runnerId: newUuid(), layers });
  }
  const digits = newUuid().replaceAll("-", "");
  const used = view.deployment.instances.flatMap((instance) => instance.ports);
  const transport = transportOf(copy, view, chooseRingPort(Number.parseInt(digits.slice(-6), 16), used));
  if ("from" in transport) return transport;
  const instanceId = newInstanceId(target, digits.slice(0, 6));
  return { kind: "spec", spec: { instanceId, model: entry, sharding: copy.sharding, shards, transport } };
}

function transportOf(
  { sharding, stages }: MatchedCopy["copy"],
  { inventory }: ClusterView,
  port: number,
): InstanceSpec["transport"] | NoWay {
  const nodes = stages.map((stage) => stage.node);
  if (sharding === "tensor") {
    const wiring = rdmaWiring(inventory, nodes);
    if (wiring.kind !== "wiring") return wiring;
    const { interfaces, coordinators } = wiring;
    return { kind: "jaccl", port, interfaces, coordinators };
  }
  const addresses = ringAddresses(inventory, nodes);
  return addresses.kind === "no-link" ? addresses : { kind: "ring", port, addresses: addresses.rows };
}
