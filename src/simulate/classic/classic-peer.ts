import {
  type CallOptions,
  Client,
  connectivityState,
  credentials,
  Metadata,
  type MethodDefinition,
} from "@grpc/grpc-js";
import type { Topology__Output } from "../../adapters/grpc/generated/node_service/Topology.js";
import type { ClassicMachine, ClassicTopology } from "../../cluster/classic-topology.js";
import { isLoopback } from "../fabric/fabric-relay.js";
import type { ClassicTimes } from "./classic-times.js";
import type { ConfiguredPeer } from "./discovery-file.js";
import { type loadNodeService, ringChannelOptions, topologyOf } from "./exo-node-service.js";
import { type HopRequest, type ResultRequest, ringCalls, type StatusRequest } from "./ring-calls.js";

/** One node's connection to a peer. Every call rejects when the peer is gone; only those with a limit end when it is frozen. */
export interface ClassicPeerHandle {
  readonly id: string;
  /** As the discovery file has it: in force until the peer has told its own. */
  readonly configured: ClassicMachine;
  isConnected(): boolean;
  connect(withinMs: number): Promise<void>;
  isHealthy(): Promise<boolean>;
  topology(): Promise<ClassicTopology>;
  prompt(request: HopRequest): Promise<void>;
  tensor(request: HopRequest): Promise<void>;
  result(request: ResultRequest): Promise<void>;
  status(request: StatusRequest): Promise<void>;
  close(): void;
}

/** Makes handles that share the definition of exo's service. */
export function createPeerHandles(service: ReturnType<typeof loadNodeService>["service"], times: ClassicTimes) {
  return ({ id, address, port, machine }: ConfiguredPeer): ClassicPeerHandle => {
    const host = address.includes(":") ? `ipv6:[${address}]` : `dns:${address}`;
    const client = new Client(`${host}:${port}`, credentials.createInsecure(), ringChannelOptions);
    const call = <Q, A>(method: MethodDefinition<Q, A>, request: Q, withinMs?: number): Promise<A> =>
      new Promise((resolve, reject) => {
        const options: CallOptions = withinMs === undefined ? {} : { deadline: Date.now() + withinMs };
        const { path, requestSerialize, responseDeserialize } = method;
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          new Metadata(),
          options,
          (error, answer) => (error === null && answer !== undefined ? resolve(answer) : reject(error)),
        );
      });
    const closed = new AbortController();
    const connect = (withinMs: number): Promise<void> =>
      new Promise((resolve, reject) => {
        if (!isLoopback(address)) return reject(new RangeError(`a simulation stays on loopback, not ${address}`));
        // gRPC goes on waiting for its deadline when the channel is closed.
        closed.signal.addEventListener("abort", () => reject(closed.signal.reason), { once: true });
        client.waitForReady(Date.now() + withinMs, (error) => (error === undefined ? resolve() : reject(error)));
      });
    const isConnected = (): boolean => client.getChannel().getConnectivityState(false) === connectivityState.READY;
    return {
      id,
      configured: machine,
      isConnected,
      connect,
      isHealthy: async () => {
        try {
          if (!isConnected()) await connect(times.connectMs);
          const answer = await call(
            service.HealthCheck as MethodDefinition<object, { isHealthy?: boolean }>,
            {},
            times.healthMs,
          );
          return answer.isHealthy === true;
        } catch {
          return false; // gone, frozen or closed: all the same to exo
        }
      },
      topology: async () => {
        const request = { visited: [], maxDepth: 3 };
        return topologyOf(
          await call(service.CollectTopology as MethodDefinition<object, Topology__Output>, request, times.collectMs),
        );
      },
      prompt: async (request) => void (await call(ringCalls.prompt, request)),
      tensor: async (request) => void (await call(ringCalls.tensor, request)),
      result: async (request) => void (await call(ringCalls.result, request, times.statusMs)),
      status: async (request) => void (await call(ringCalls.status, request, times.statusMs)),
      close: () => {
        closed.abort(new Error("the node has ended"));
        client.close();
      },
    };
  };
}
