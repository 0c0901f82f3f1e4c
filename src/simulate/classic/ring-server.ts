import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import type { ClassicTopology } from "../../cluster/classic-topology.js";
import { isLoopback } from "../fabric/fabric-relay.js";
import { type loadNodeService, topologyMessage } from "./exo-node-service.js";
import { ringCalls, type StatusRequest } from "./ring-calls.js";
import type { RingRequests } from "./ring-requests.js";

/** What the peers of a node, and everybody else, can call. */
export interface ServedNode {
  readonly requests: RingRequests;
  topology(): ClassicTopology;
  hearStatus(status: StatusRequest): void;
}

export interface RingServer {
  readonly port: number;
  /** Ends calls under way, as an exo that is told to stop. */
  close(): void;
}

/**
 * Serves a node's gRPC port: exo's two calls that change nothing, and those that simulated nodes use among themselves. All others are
 * unimplemented.
 *
 * @throws RangeError when told to listen on anything but loopback
 */
export async function startRingServer(
  service: ReturnType<typeof loadNodeService>["service"],
  node: ServedNode,
  listen: { readonly host: string; readonly port: number },
): Promise<RingServer> {
  if (!isLoopback(listen.host)) throw new RangeError(`a simulation listens on loopback only, not on ${listen.host}`);
  const server = new Server();
  server.addService(service, {
    HealthCheck: answer(async () => ({ isHealthy: true })),
    CollectTopology: answer(async () => topologyMessage(node.topology())),
  });
  server.addService(ringCalls, {
    prompt: answer((request) => node.requests.prompt(request).then(() => ({}))),
    tensor: answer((request) => node.requests.tensor(request).then(() => ({}))),
    result: answer(async (request) => {
      node.requests.hear(request);
      return {};
    }),
    status: answer(async (request) => {
      node.hearStatus(request);
      return {};
    }),
  });
  const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${listen.port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, close: () => server.forceShutdown() };
}

/** An exception of exo's reaches the caller as UNKNOWN, with its class and words. */
const answer =
  <Q, A>(work: (request: Q) => Promise<A>) =>
  (call: ServerUnaryCall<Q, A>, respond: sendUnaryData<A>): void => {
    work(call.request).then(
      (message) => respond(null, message),
      (error: unknown) => {
        const words = error instanceof Error ? error.message : String(error);
        respond({ code: status.UNKNOWN, details: `Unexpected <class 'Exception'>: ${words}` });
      },
    );
  };
