import { z } from "zod";
import type { ToldCluster, ToldNode } from "./exo-probe.js";

/** Nobody has such a cluster; a hostile answer does not make us remember more. */
const mostNodes = 256;
const mostInterfaces = 64;

const id = z.string().regex(/^[\w.:-]{1,128}$/);
const name = z.string().min(1).max(200);

/** Reads `GET /node_id` of exo 1.x: a JSON text. */
export const readNodeId = (raw: unknown): string | undefined => id.safeParse(raw).data;

const classicTopology = z.object({
  nodes: z.record(z.string().min(1).max(200), z.object({ chip: z.unknown(), memory: z.unknown() })),
  peer_graph: z.record(z.string(), z.unknown()),
});

/** Reads `GET /v1/topology` of exo 0.0.x: the ids of the node itself and of its direct peers. */
export function readClassicNodes(raw: unknown): readonly string[] | undefined {
  const read = classicTopology.safeParse(raw).data;
  return read === undefined ? undefined : Object.keys(read.nodes).slice(0, mostNodes);
}

/** The parts of `/state` that say who is in a cluster, each as it came. */
export interface RawClusterParts {
  readonly topology: unknown;
  readonly nodeNetwork: unknown;
  readonly nodeIdentities: unknown;
}

// Since 1.0.64 members are texts; before, they were objects with an id.
const memberId = z.union([id, z.object({ nodeId: id }).transform((node) => node.nodeId)]);
const topology = z.object({
  nodes: z.array(memberId.catch("")),
  connections: z.record(z.string(), z.record(z.string(), z.unknown())).catch({}),
});
const oneInterface = z.object({ name: name.catch(""), ipAddress: z.string().min(1).max(100) });
const network = z.object({ interfaces: z.array(oneInterface.nullable().catch(null)) });
const identity = z.object({ friendlyName: name });

const own = (map: unknown, key: string): unknown =>
  typeof map === "object" && map !== null && Object.hasOwn(map, key)
    ? (map as Readonly<Record<string, unknown>>)[key]
    : undefined;

function toldNode(nodeId: string, parts: RawClusterParts): ToldNode {
  const items = network.safeParse(own(parts.nodeNetwork, nodeId)).data?.interfaces ?? [];
  const friendlyName = identity.safeParse(own(parts.nodeIdentities, nodeId)).data?.friendlyName;
  return {
    nodeId,
    ...(friendlyName === undefined ? {} : { friendlyName }),
    interfaces: items
      .flatMap((item) => (item === null ? [] : [{ name: item.name, ip: item.ipAddress }]))
      .slice(0, mostInterfaces),
  };
}

/** Whether edges lead there over a socket: exo also lists RDMA cables. An edge without a form that is known counts as one. */
const hasSocket = (edges: unknown): boolean =>
  !Array.isArray(edges) || edges.some((edge) => own(edge, "sourceRdmaIface") === undefined);

/** Reads who is in the cluster of one exo 1.x; undefined when its topology is not one. Odd entries are left out. */
export function readCluster(parts: RawClusterParts): ToldCluster | undefined {
  const read = topology.safeParse(parts.topology).data;
  if (read === undefined) return undefined;
  const members = [...new Set(read.nodes)].filter((nodeId) => nodeId !== "").slice(0, mostNodes);
  const reached = members.flatMap((from) =>
    members
      .filter((to) => to !== from && own(read.connections, from) !== undefined)
      .flatMap((to) => {
        const edges = own(own(read.connections, from), to);
        return edges !== undefined && hasSocket(edges) ? [{ from, to }] : [];
      }),
  );
  return { members: members.map((nodeId) => toldNode(nodeId, parts)), reached };
}
