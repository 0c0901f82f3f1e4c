import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";

/** A prompt or the state between two hops. exo sends tensors here; the dummy engine's is one number. */
export interface HopRequest {
  readonly requestId: string;
  readonly modelId: string;
  readonly layers: number;
  readonly value: number;
}

/** Tokens of a request, as the ring's last node gives them to its peers. */
export interface ResultRequest {
  readonly requestId: string;
  readonly tokens: readonly number[];
  readonly isFinished: boolean;
}

/** A node begins or ends the work on a prompt. */
export interface StatusRequest {
  readonly nodeId: string;
  readonly status: "start_process_prompt" | "end_process_prompt";
}

type Nothing = Readonly<Record<string, never>>;

function method<Q, A>(name: string): MethodDefinition<Q, A> {
  const write = (message: unknown): Buffer => Buffer.from(JSON.stringify(message));
  return {
    path: `/exoctl.simulated.ClassicRing/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: write,
    requestDeserialize: (bytes) => JSON.parse(bytes.toString("utf8")) as Q,
    responseSerialize: write,
    responseDeserialize: (bytes) => JSON.parse(bytes.toString("utf8")) as A,
  };
}

/**
 * What simulated nodes say to each other besides exo's two calls that everybody may make. A service of our own, on the same port: it
 * fails when exo's would, and no real node is ever driven by it.
 */
export const ringCalls = {
  prompt: method<HopRequest, Nothing>("Prompt"),
  tensor: method<HopRequest, Nothing>("Tensor"),
  result: method<ResultRequest, Nothing>("Result"),
  status: method<StatusRequest, Nothing>("Status"),
} satisfies ServiceDefinition;
