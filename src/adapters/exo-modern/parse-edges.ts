import { exoNodeId } from "../../cluster/names.js";
import type { ExoEdge } from "../../inventory/exo-state.js";
import { entriesOf, entry, field, isFields, text } from "./fields.js";

/**
 * Reads `topology.connections`: from node, to node, list of untagged edges. Edges that are not understood are left out, and
 * RDMA edges of nodes where macOS has RDMA switched off: exo lists the cable all the same.
 *
 * @param rdmaCtl exo's `nodeRdmaCtl`, where it has one
 */
export function parseEdges(connections: unknown, rdmaCtl: unknown, problems: string[]): ExoEdge[] {
  if (connections !== undefined && !isFields(connections)) problems.push("topology.connections: not an object");
  const off = (node: string): boolean => field(entry(rdmaCtl, node), "enabled") === false;
  const edges = readEdges(connections, problems);
  return edges.filter((edge) => edge.kind === "socket" || !(off(edge.from) || off(edge.to)));
}

function readEdges(connections: unknown, problems: string[]): ExoEdge[] {
  return entriesOf(connections).flatMap(([from, sinks]) =>
    entriesOf(sinks).flatMap(([to, list]) => {
      const raw: unknown[] = Array.isArray(list) ? list : [list];
      const edges = raw.map((item) => parseEdge(from, to, item));
      if (edges.includes(undefined)) problems.push("topology.connections: an edge is not understood");
      return edges.filter((edge) => edge !== undefined);
    }),
  );
}

function parseEdge(source: string, sink: string, raw: unknown): ExoEdge | undefined {
  const [from, to] = [exoNodeId(source), exoNodeId(sink)];
  const sourceInterface = text(field(raw, "sourceRdmaIface"));
  const sinkInterface = text(field(raw, "sinkRdmaIface"));
  if (sourceInterface !== undefined && sinkInterface !== undefined) {
    return { kind: "rdma", from, to, sourceInterface, sinkInterface };
  }
  const ip = ipOfMultiaddr(field(raw, "sinkMultiaddr"));
  return ip === undefined ? undefined : { kind: "socket", from, to, ip };
}

/** The address in `{"address": "/ip4/192.168.1.11/tcp/52415", "ip_address": "192.168.1.11", ...}`. */
export const ipOfMultiaddr = (multiaddr: unknown): string | undefined =>
  text(field(multiaddr, "ipAddress")) ?? /^\/ip[46]\/([^/]+)/.exec(text(field(multiaddr, "address")) ?? "")?.[1];
