import { pinWords } from "../../cluster/pin-words.js";
import { hostAndPort } from "../../discover/static-node-finder.js";
import type { ExoView } from "../../inventory/exo-view.js";
import type { FleetNode } from "../fleet.js";
import type { NodeStatus } from "../status-report.js";
import type { KeyStanding } from "./key-rotation.js";
import type { EnrolledNode } from "./nodes-api.js";
import { toldAddresses } from "./told-addresses.js";

/** What is to be said of a node while the controller changes its key. */
const reasonOf: Readonly<Record<KeyStanding, readonly string[]>> = {
  current: [],
  announced: ["the controller's key before this one is still good there"],
  older: ["it still has to learn the controller's new key"],
};

/** A member as people see it: what `status` says of it, and who it is. */
export function enrolledNode(
  node: FleetNode,
  statuses: readonly NodeStatus[],
  views: readonly ExoView[],
  key: KeyStanding,
): EnrolledNode {
  const { member, report, address = member.lastAddress } = node;
  const status = statuses.find(({ name }) => name === member.name);
  return {
    name: member.name,
    state: status?.state ?? "unreachable",
    reasons: [...(status?.reasons ?? []), ...reasonOf[key]],
    chip: report?.value.hardware.chip ?? "",
    memoryBytes: report?.value.hardware.memoryBytes ?? 0,
    address: address === undefined ? "" : hostAndPort(address.host, address.port),
    toldAddresses: toldAddresses(views, report?.value.exo.nodeId),
    agentId: member.agentId,
    pin: member.pin,
    pinWords: pinWords(member.pin),
    enrolledAt: member.enrolledAt,
  };
}
