import type { Connection } from "./exo-events.js";
import type { Edge, Topology } from "./exo-state.js";

const sameEdge = (left: Edge, right: Edge): boolean => {
  if ("sinkMultiaddr" in left)
    return "sinkMultiaddr" in right && left.sinkMultiaddr.address === right.sinkMultiaddr.address;
  return (
    "sourceRdmaIface" in right &&
    left.sourceRdmaIface === right.sourceRdmaIface &&
    left.sinkRdmaIface === right.sinkRdmaIface
  );
};

export function addNode(topology: Topology, nodeId: string): Topology {
  return topology.nodes.includes(nodeId) ? topology : { ...topology, nodes: [...topology.nodes, nodeId] };
}

/** All edges from one node to another. */
export const edgesBetween = (topology: Topology, source: string, sink: string): readonly Edge[] =>
  topology.connections[source]?.[sink] ?? [];

function withEdges(topology: Topology, source: string, sink: string, edges: readonly Edge[]): Topology {
  const sinks = topology.connections[source] ?? {};
  if (edges.length > 0)
    return { ...topology, connections: { ...topology.connections, [source]: { ...sinks, [sink]: edges } } };
  const { [sink]: _edges, ...others } = sinks;
  if (Object.keys(others).length > 0)
    return { ...topology, connections: { ...topology.connections, [source]: others } };
  const { [source]: _sinks, ...connections } = topology.connections;
  return { ...topology, connections };
}

export function addEdge(topology: Topology, conn: Connection): Topology {
  const known = edgesBetween(topology, conn.source, conn.sink);
  if (known.some((edge) => sameEdge(edge, conn.edge))) return topology;
  const withNodes = addNode(addNode(topology, conn.source), conn.sink);
  return withEdges(withNodes, conn.source, conn.sink, [...known, conn.edge]);
}

export function removeEdge(topology: Topology, conn: Connection): Topology {
  const known = edgesBetween(topology, conn.source, conn.sink);
  const left = known.filter((edge) => !sameEdge(edge, conn.edge));
  return left.length === known.length ? topology : withEdges(topology, conn.source, conn.sink, left);
}

/** Removes a node with every edge from and to it. */
export function removeNode(topology: Topology, nodeId: string): Topology {
  const connections = Object.entries(topology.connections)
    .filter(([source]) => source !== nodeId)
    .map(
      ([source, sinks]) =>
        [source, Object.fromEntries(Object.entries(sinks).filter(([sink]) => sink !== nodeId))] as const,
    )
    .filter(([, sinks]) => Object.keys(sinks).length > 0);
  return { nodes: topology.nodes.filter((node) => node !== nodeId), connections: Object.fromEntries(connections) };
}

/** Replaces every RDMA edge that leaves a node. */
export function replaceRdmaEdges(topology: Topology, source: string, connections: readonly Connection[]): Topology {
  let next = topology;
  for (const [sink, edges] of Object.entries(topology.connections[source] ?? {}))
    for (const edge of edges) if ("sourceRdmaIface" in edge) next = removeEdge(next, { source, sink, edge });
  for (const conn of connections) next = addEdge(next, conn);
  return next;
}
