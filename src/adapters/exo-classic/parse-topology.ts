import type { ClassicEdge, ClassicMachine, ClassicTopology } from "../../cluster/classic-topology.js";
import {
  broken,
  countIn,
  entriesOf,
  field,
  idIn,
  listIn,
  type Parsed,
  parsing,
  shownNumber,
  shownText,
} from "./fields.js";

/** No ring comes near this: what is larger is no answer of an exo. */
const mostNodes = 256;
/** Memory travels as int32 between nodes, in MB. */
const mostMemoryMb = 2 ** 31 - 1;

/**
 * The answer of `GET /v1/topology`. Unknown fields are ignored and what is only shown may be missing; one node without an
 * understandable memory breaks the whole answer, since layers follow from the sum of all.
 */
export function parseHttpTopology(raw: unknown): Parsed<ClassicTopology> {
  return parsing(() => {
    const nodes = machinesIn(field(raw, "nodes"));
    const edges = entriesOf(field(raw, "peer_graph"), mostNodes, "peer_graph").flatMap(([from, list]) =>
      listIn(list, mostNodes, "peer_graph").map((edge) =>
        field(edge, "from_id") === from ? edgeIn(from, edge) : broken("from_id", "the node it is listed under"),
      ),
    );
    const active = field(raw, "active_node_id") ?? undefined;
    return { nodes, edges, ...(active === undefined ? {} : { activeNodeId: idIn(active, "active_node_id") }) };
  });
}

/** A `Topology` message of `proto/exo_node_service.proto`, as the loader gives it. It names no active node. */
export function parseGrpcTopology(raw: unknown): Parsed<ClassicTopology> {
  return parsing(() => ({
    nodes: machinesIn(field(raw, "nodes")),
    edges: entriesOf(field(raw, "peerGraph"), mostNodes, "peer_graph").flatMap(([from, list]) =>
      listIn(field(list, "connections"), mostNodes, "peer_graph").map((edge) => edgeIn(from, edge)),
    ),
  }));
}

const machinesIn = (raw: unknown): ReadonlyMap<string, ClassicMachine> =>
  new Map(entriesOf(raw, mostNodes, "nodes").map(([id, machine]) => [id, machineIn(machine)]));

function machineIn(raw: unknown): ClassicMachine {
  const flops = field(raw, "flops");
  const speed = (name: string): number => shownNumber(field(flops, name));
  return {
    model: shownText(field(raw, "model")),
    chip: shownText(field(raw, "chip")),
    memoryMb: countIn(field(raw, "memory"), mostMemoryMb, "memory of a node"),
    flops: { fp32: speed("fp32"), fp16: speed("fp16"), int8: speed("int8") },
  };
}

/** HTTP writes names as the loader does not: `to_id` there, `toId` here. */
const edgeIn = (from: string, raw: unknown): ClassicEdge => ({
  from,
  to: idIn(field(raw, "to_id") ?? field(raw, "toId"), "to_id"),
  description: shownText(field(raw, "description")),
});
