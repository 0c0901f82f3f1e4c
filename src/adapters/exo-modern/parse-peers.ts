import { exoNodeId } from "../../cluster/names.js";
import type { ExoPeer } from "../../inventory/exo-state.js";
import { bytes, entriesOf, entry, field, isFields, present, text } from "./fields.js";
import { profileOf } from "./parse-older-state.js";

/**
 * Reads the nodes of a cluster from the split maps of `/state` (1.0.64 and newer), or from its node profiles. `topology.nodes` decides who is a
 * member: the other maps keep entries of nodes that are gone.
 */
export function parsePeers(state: unknown, problems: string[]): ExoPeer[] {
  const members = memberIds(field(field(state, "topology"), "nodes"), problems);
  const known = ["nodeIdentities", "nodeProfiles", "nodeMemory", "lastSeen"].flatMap((name) =>
    mapKeys(state, name, problems),
  );
  const ids = [...new Set([...members, ...known])].filter((id) => id !== "").toSorted();
  return ids.map((id) => parsePeer(id, state, members.has(id) ? "member" : "leftover", problems));
}

function memberIds(raw: unknown, problems: string[]): Set<string> {
  if (!Array.isArray(raw)) {
    problems.push("topology.nodes: not a list");
    return new Set();
  }
  const ids = raw.map((item) => text(item) ?? text(field(item, "nodeId")));
  if (ids.includes(undefined)) problems.push("topology.nodes: an entry is not a node id");
  return new Set(ids.filter((id) => id !== undefined));
}

function mapKeys(state: unknown, name: string, problems: string[]): string[] {
  const raw = field(state, name);
  if (raw !== undefined && !isFields(raw)) problems.push(`${name}: not an object`);
  return entriesOf(raw).map(([key]) => key);
}

function parsePeer(id: string, state: unknown, membership: "member" | "leftover", problems: string[]): ExoPeer {
  const profile = profileOf(id, state);
  const identity = entry(field(state, "nodeIdentities"), id) ?? profile;
  const memory = entry(field(state, "nodeMemory"), id) ?? field(profile, "memory");
  const network = field(entry(field(state, "nodeNetwork"), id), "interfaces") ?? field(profile, "networkInterfaces");
  const rawSeen = entry(field(state, "lastSeen"), id);
  const seen = typeof rawSeen === "string" ? Date.parse(rawSeen) : Number.NaN;
  if (rawSeen !== undefined && Number.isNaN(seen)) problems.push(`lastSeen of node ${id.slice(0, 40)}: not a time`);
  return {
    id: exoNodeId(id),
    inTopology: membership === "member",
    interfaces: parseInterfaces(network),
    ...present({
      friendlyName: text(field(identity, "friendlyName")),
      chip: text(field(identity, "chipId")),
      modelName: text(field(identity, "modelId")),
      ramTotalBytes: bytes(field(memory, "ramTotal")),
      ramAvailableBytes: bytes(field(memory, "ramAvailable")),
      lastSeenAt: Number.isNaN(seen) ? undefined : seen,
    }),
  };
}

function parseInterfaces(raw: unknown): ExoPeer["interfaces"] {
  if (!Array.isArray(raw)) return [];
  return raw.flatMap((item) => {
    const [name, ip] = [text(field(item, "name")), text(field(item, "ipAddress"))];
    return name === undefined || ip === undefined
      ? []
      : [{ name, ip, type: text(field(item, "interfaceType")) ?? "unknown" }];
  });
}
