import type { NodeName } from "../cluster/names.js";
import type { ClusterView } from "./cluster-access.js";
import type { InstanceSpec } from "./exo-control.js";
import { chooseRingPort, ringAddresses } from "./plan-ring.js";
import { type ApplyTarget, entryToRun, newInstanceId } from "./target.js";

/** A source of UUIDs, handed in so that everything here stays a function of its arguments. */
export type NewUuid = () => string;

export type SpecResult =
  | { readonly kind: "spec"; readonly spec: InstanceSpec }
  | { readonly kind: "no-link"; readonly from: NodeName; readonly to: NodeName }
  | { readonly kind: "no-exo-id"; readonly node: NodeName };

/** The instance to post for a target, with ids and port of its own. exo's node ids are looked up now: they change at each start. */
export function instanceSpec(target: ApplyTarget, view: ClusterView, newUuid: NewUuid): SpecResult {
  const nodes = target.stages.map((stage) => stage.node);
  const addresses = ringAddresses(view.inventory, nodes);
  if (addresses.kind === "no-link") return addresses;
  const shards: InstanceSpec["shards"][number][] = [];
  for (const { node, layers } of target.stages) {
    const nodeId = view.inventory.nodes.find((candidate) => candidate.name === node)?.exo.value.nodeId;
    if (nodeId === undefined) return { kind: "no-exo-id", node };
    shards.push({ nodeId, runnerId: newUuid(), layers });
  }
  const digits = newUuid().replaceAll("-", "");
  return {
    kind: "spec",
    spec: {
      instanceId: newInstanceId(target, digits.slice(0, 6)),
      model: entryToRun(target),
      shards,
      ringPort: chooseRingPort(
        Number.parseInt(digits.slice(-6), 16),
        view.deployment.instances.flatMap((instance) => instance.ports),
      ),
      addresses: addresses.rows,
    },
  };
}
