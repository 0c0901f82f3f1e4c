import { exoNodeId } from "../../cluster/names.js";
import type { ExoEdge } from "../../inventory/exo-state.js";
import { entriesOf, field, isFields, text } from "./fields.js";

/** Reads `topology.connections`: from node, to node, list of untagged edges. Edges that are not understood are left out. */
export function parseEdges(connections: unknown, problems: string[]): ExoEdge[] {
  if (connections !== undefined && !isFields(connections)) problems.push("topology.connections: not an object");
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
  const multiaddr = field(raw, "sinkMultiaddr");
  const ip = text(field(multiaddr, "ipAddress")) ?? ipInMultiaddr(text(field(multiaddr, "address")));
  return ip === undefined ? undefined : { kind: "socket", from, to, ip };
}

/** `/ip4/192.168.1.11/tcp/52415` */
const ipInMultiaddr = (address: string | undefined): string | undefined =>
  /^\/ip[46]\/([^/]+)/.exec(address ?? "")?.[1];
