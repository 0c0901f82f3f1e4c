import type { OlderExo } from "../../cluster/exo-variant.js";
import { exoNodeId } from "../../cluster/names.js";
import type { ExoEdge } from "../../inventory/exo-state.js";
import { entry, field, isFields, text } from "./fields.js";
import { ipOfMultiaddr } from "./parse-edges.js";

/**
 * Which older exo prints such a state: nodes had profiles up to 1.0.63, and disks only since 1.0.68. An empty state of 1.0.60
 * looks like one of 1.0.63; only exo's description tells them apart.
 *
 * @returns undefined for an exo of 1.0.68 or newer
 */
export function olderExoIn(state: unknown): OlderExo | undefined {
  if (field(state, "nodeProfiles") !== undefined) return "1.0.61 to 1.0.63";
  const older =
    field(state, "nodeThunderboltBridge") !== undefined &&
    field(state, "nodeDisk") === undefined &&
    field(state, "nodeRdmaCtl") === undefined;
  return older ? "1.0.64 to 1.0.67" : undefined;
}

/** What 1.0.60 to 1.0.63 say of a node. They list members as objects, with the same profile inside. */
export function profileOf(id: string, state: unknown): unknown {
  const listed = field(field(state, "topology"), "nodes");
  const member: unknown = Array.isArray(listed) ? listed.find((item) => field(item, "nodeId") === id) : undefined;
  return entry(field(state, "nodeProfiles"), id) ?? field(member, "nodeProfile");
}

/** Their connections: a flat list, each with the address at which one node reached another. */
export function parseProfiledEdges(connections: unknown, problems: string[]): ExoEdge[] {
  if (connections !== undefined && !Array.isArray(connections)) problems.push("topology.connections: not a list");
  const items: unknown[] = Array.isArray(connections) ? connections : [];
  const edges = items.map(parseEdge);
  if (edges.includes(undefined)) problems.push("topology.connections: an edge is not understood");
  return edges.filter((edge) => edge !== undefined);
}

function parseEdge(raw: unknown): ExoEdge | undefined {
  if (!isFields(raw)) return undefined;
  const [from, to] = [text(field(raw, "localNodeId")), text(field(raw, "sendBackNodeId"))];
  const ip = ipOfMultiaddr(field(raw, "sendBackMultiaddr"));
  if (from === undefined || to === undefined || ip === undefined) return undefined;
  return { kind: "socket", from: exoNodeId(from), to: exoNodeId(to), ip };
}
