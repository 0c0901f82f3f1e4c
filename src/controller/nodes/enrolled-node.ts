import { pinWords } from "../../cluster/pin-words.js";
import { hostAndPort } from "../../discover/static-node-finder.js";
import type { ExoView } from "../../inventory/exo-view.js";
import type { FleetNode } from "../fleet.js";
import type { NodeStatus } from "../status-report.js";
import type { EnrolledNode } from "./nodes-api.js";
import { toldAddresses } from "./told-addresses.js";

/** A member as people see it: what `status` says of it, and who it is. */
export function enrolledNode(
  node: FleetNode,
  statuses: readonly NodeStatus[],
  views: readonly ExoView[],
): EnrolledNode {
  const { member, report, address = member.lastAddress } = node;
  const status = statuses.find(({ name }) => name === member.name);
  return {
    name: member.name,
    state: status?.state ?? "unreachable",
    reasons: status?.reasons ?? [],
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
