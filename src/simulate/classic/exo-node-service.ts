import { fileURLToPath } from "node:url";
import { type ChannelOptions, loadPackageDefinition, logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ProtoGrpcType } from "../../adapters/grpc/generated/exo_node_service.js";
import type { Topology, Topology__Output } from "../../adapters/grpc/generated/node_service/Topology.js";
import type { ClassicTopology } from "../../cluster/classic-topology.js";

/** The same distance from src/simulate/classic and from dist/simulate/classic. */
const protoFile = fileURLToPath(new URL("../../../proto/exo_node_service.proto", import.meta.url));

/** exo's peer protocol. Reads the proto file: call it once for each node. */
export function loadNodeService() {
  // gRPC's own lines on standard error are switched off: peers come and go here.
  setLogVerbosity(logVerbosity.NONE);
  const definition = loadSync(protoFile, { longs: Number, enums: String, defaults: true });
  return (loadPackageDefinition(definition) as unknown as ProtoGrpcType).node_service.NodeService;
}

/** exo pings its peers on idle connections; nothing here depends on that, so channels are quiet. */
export const ringChannelOptions: ChannelOptions = {
  "grpc.max_receive_message_length": 256 * 1024 * 1024,
  "grpc.enable_http_proxy": 0,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 500,
};

/** A topology as the protocol has it, which knows no active node. */
export function topologyMessage({ nodes, edges }: ClassicTopology): Topology {
  const connections = new Map<string, { toId: string; description: string }[]>();
  for (const { from, to, description } of edges)
    connections.set(from, [...(connections.get(from) ?? []), { toId: to, description }]);
  return {
    nodes: Object.fromEntries([...nodes].map(([id, { memoryMb, ...shown }]) => [id, { ...shown, memory: memoryMb }])),
    peerGraph: Object.fromEntries([...connections].map(([from, list]) => [from, { connections: list }])),
  };
}

/** The same backwards, as a node hears it from a peer. */
export const topologyOf = ({ nodes, peerGraph }: Topology__Output): ClassicTopology => ({
  nodes: new Map(
    Object.entries(nodes).map(([id, { memory, flops, ...shown }]) => {
      const { fp32, fp16, int8 } = flops ?? { fp32: 0, fp16: 0, int8: 0 };
      return [
        id,
        { ...shown, memoryMb: memory, flops: { fp32: Number(fp32), fp16: Number(fp16), int8: Number(int8) } },
      ];
    }),
  ),
  edges: Object.entries(peerGraph).flatMap(([from, { connections }]) =>
    connections.map(({ toId, description }) => ({ from, to: toId, description: description ?? "" })),
  ),
});
