import { fileURLToPath } from "node:url";
import {
  type CallOptions,
  ChannelCredentials,
  type ChannelOptions,
  type ClientUnaryCall,
  loadPackageDefinition,
  logVerbosity,
  Metadata,
  type requestCallback,
  type ServiceError,
  setLogVerbosity,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ClassicPeer } from "../../inventory/classic-exo.js";
import { type ExoAddress, ExoAnswerError, ExoUnreachableError } from "../../inventory/exo-state.js";
import type { ProtoGrpcType } from "../grpc/generated/exo_node_service.js";
import { shownText } from "./fields.js";
import { parseGrpcTopology } from "./parse-topology.js";

export interface ClassicPeerSettings {
  /** exo's gRPC port (`--node-port`). */
  readonly address: ExoAddress;
  /** For one call, connecting included. Default 3 s: exo answers within milliseconds. */
  readonly deadlineMs?: number;
}

/** A topology of 256 nodes has about 60 kB. */
const maxMessageBytes = 1024 * 1024;

// No keepalive: exo answers pings on an idle channel with GOAWAY, and short calls need none.
const channelOptions: ChannelOptions = {
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.initial_reconnect_backoff_ms": 250,
  "grpc.max_reconnect_backoff_ms": 2_000,
  // Nodes are on the local network: a proxy from the environment has no business here.
  "grpc.enable_http_proxy": 0,
  "grpc.use_local_subchannel_pool": 1,
};

/** The same distance from src/adapters/exo-classic and from dist/adapters/exo-classic. */
const protoFile = fileURLToPath(new URL("../../../proto/exo_node_service.proto", import.meta.url));

type Method<Q, A> = (request: Q, metadata: Metadata, options: CallOptions, done: requestCallback<A>) => ClientUnaryCall;

/** Opens nothing yet, so it never fails because the node is away. Reads the proto file: call it once for each node. */
export function openGrpcClassicPeer({ address, deadlineMs = 3_000 }: ClassicPeerSettings): ClassicPeer {
  // gRPC's own lines on standard error are switched off: every failure reaches its caller as an error.
  setLogVerbosity(logVerbosity.NONE);
  const definition = loadSync(protoFile, { longs: Number, enums: String, defaults: true });
  const { NodeService } = (loadPackageDefinition(definition) as unknown as ProtoGrpcType).node_service;
  const target = address.host.includes(":") ? `ipv6:[${address.host}]` : `dns:${address.host}`;
  const client = new NodeService(`${target}:${address.port}`, ChannelCredentials.createInsecure(), channelOptions);
  const open = new Set<ClientUnaryCall>();
  const call = async <Q, A>(method: Method<Q, A>, request: Q, signal: AbortSignal): Promise<A> => {
    try {
      return await callOnce(method, request, open, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]));
    } catch (error) {
      signal.throwIfAborted();
      throw failureOf(address, error);
    }
  };
  return {
    address,
    health: async (signal) => {
      const answer = await call(client.HealthCheck.bind(client) as Method<object, { isHealthy: boolean }>, {}, signal);
      if (answer.isHealthy !== true)
        throw new ExoAnswerError(address, status.OK, "the node says it is not healthy", true);
    },
    topology: async (signal) => {
      const request = { visited: [], maxDepth: 4 };
      const answer = await call(client.CollectTopology.bind(client) as Method<object, unknown>, request, signal);
      const parsed = parseGrpcTopology(answer);
      if (parsed.kind === "broken") throw new ExoAnswerError(address, status.OK, parsed.problem, false);
      return parsed.value;
    },
    close: async () => {
      for (const pending of open) pending.cancel();
      client.close();
    },
  };
}

function callOnce<Q, A>(method: Method<Q, A>, request: Q, open: Set<ClientUnaryCall>, signal: AbortSignal): Promise<A> {
  return new Promise<A>((resolve, reject) => {
    signal.throwIfAborted();
    const call = method(request, new Metadata(), {}, (error, answer) => {
      open.delete(call);
      signal.removeEventListener("abort", cancel);
      if (error === null && answer !== undefined) resolve(answer);
      else reject(signal.aborted ? signal.reason : error);
    });
    open.add(call);
    const cancel = (): void => call.cancel();
    signal.addEventListener("abort", cancel, { once: true });
  });
}

const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;

/** Statuses that say that something else than a node of exo answers, or that it answers rubbish. */
const oddStatuses: readonly number[] = [
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNKNOWN,
  status.RESOURCE_EXHAUSTED,
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
];

function failureOf(address: ExoAddress, error: unknown): ExoAnswerError | ExoUnreachableError {
  if (!isServiceError(error) || !oddStatuses.includes(error.code)) {
    return new ExoUnreachableError(address, { cause: error });
  }
  const words = `gRPC ${status[error.code]}: ${shownText(error.details, 200)}`;
  return new ExoAnswerError(address, error.code, words, false);
}
