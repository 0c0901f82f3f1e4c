import { X509Certificate } from "node:crypto";
import { createSecureContext, type PeerCertificate } from "node:tls";
import {
  type CallOptions,
  Channel,
  ChannelCredentials,
  type ChannelOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  Metadata,
  type requestCallback,
  status,
} from "@grpc/grpc-js";
import { protocolVersion } from "../../cluster/node-report.js";
import { spkiPin } from "../../cluster/spki-pin.js";
import { leaseTermKey, maxMessageBytes, protocolVersionKey } from "./agent-definitions.js";
import { agentErrorOf, brokenAnswerError, isServiceError, unansweredError } from "./agent-errors.js";
import { findPinMismatch } from "./probe-pin.js";

/** Where an agent is, and who may speak to whom. */
export interface AgentChannelSettings {
  /** A name, an IPv4 address, or an IPv6 address with its scope. */
  readonly host: string;
  readonly port: number;
  /** The controller's own key and self-signed certificate. */
  readonly own: { readonly certificatePem: string; readonly privateKeyPem: string };
  /** The agent as enrolled. */
  readonly agent: { readonly certificatePem: string; readonly pin: string };
}

/** A method of a generated client, bound to it. */
export type UnaryMethod<Q, A> = (
  request: Q,
  metadata: Metadata,
  options: CallOptions,
  callback: requestCallback<A>,
) => ClientUnaryCall;
export type StreamMethod<Q, A> = (request: Q, metadata: Metadata, options: CallOptions) => ClientReadableStream<A>;

/** A generated client class. */
type ClientClass<C> = new (address: string, credentials: ChannelCredentials, options: ChannelOptions) => C;

/** How long a caller waits, at most. */
export interface Timing {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/**
 * One connection to an agent, for the clients of all its services. Connects at the first call and again whenever a call needs it.
 * Calls reject with `AgentUnreachableError`, with `AgentRefusedError`, or with the reason of the caller's signal.
 */
export interface AgentChannel {
  /** A client of one service on this connection. */
  clientOf<C>(service: ClientClass<C>): C;
  /** @param read makes sense of the answer; what it throws means that the agent broke its contract */
  call<Q, A, R>(method: UnaryMethod<Q, A>, request: Q, read: (answer: unknown) => R, timing: Timing): Promise<R>;
  /** Messages of a stream as they come, however long it lasts. Leaving the loop cancels the call. */
  stream<Q, A, R>(
    method: StreamMethod<Q, A>,
    request: Q,
    read: (message: unknown) => R,
    signal: AbortSignal,
  ): AsyncGenerator<R, void, undefined>;
  /** The lease term that further calls show. */
  showTerm(term: number): void;
  close(): void;
}

/** TLS is verified against the enrolled certificate, never against a name: any name does, as long as it is one. */
const tlsName = "exoctl-agent";

function credentialsOf({ own, agent }: AgentChannelSettings): ChannelCredentials {
  const context = createSecureContext({
    ca: agent.certificatePem,
    cert: own.certificatePem,
    key: own.privateKeyPem,
    minVersion: "TLSv1.3",
  });
  return ChannelCredentials.createFromSecureContext(context, {
    // Instead of the host name: the key itself.
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      spkiPin(new X509Certificate(certificate.raw)) === agent.pin
        ? undefined
        : new Error("the agent's key is not the enrolled one"),
  });
}

/** gRPC's name of an address. IPv6 needs brackets, and a scheme of its own to keep its scope. */
const targetOf = (host: string, port: number): string =>
  host.includes(":") ? `ipv6:[${host}]:${port}` : `dns:${host}:${port}`;

const channelOptions: ChannelOptions = {
  "grpc.ssl_target_name_override": tlsName,
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.max_send_message_length": maxMessageBytes,
  "grpc.initial_reconnect_backoff_ms": 250,
  "grpc.max_reconnect_backoff_ms": 5_000,
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 5_000,
  // Agents are on the local network: a proxy from the environment has no business here.
  "grpc.enable_http_proxy": 0,
  // Two links to one address must not share a connection: each has a pin of its own.
  "grpc.use_local_subchannel_pool": 1,
};

/** One call. Rejects with the reason of the caller's signal, with a `TimeoutError`, or with a `ServiceError` of gRPC. */
function callOnce<Q, A>(method: UnaryMethod<Q, A>, request: Q, metadata: Metadata, timing: Timing): Promise<A> {
  const bounded = AbortSignal.any([timing.signal, AbortSignal.timeout(timing.deadlineMs)]);
  return new Promise<A>((resolve, reject) => {
    bounded.throwIfAborted();
    const call = method(request, metadata, {}, (error, answer) => {
      bounded.removeEventListener("abort", cancel);
      if (error === null && answer !== undefined) resolve(answer);
      else reject(bounded.aborted ? bounded.reason : error);
    });
    const cancel = (): void => call.cancel();
    bounded.addEventListener("abort", cancel, { once: true });
  });
}

/** Opens nothing yet, so it never fails because the agent is away. */
export function openAgentChannel(settings: AgentChannelSettings): AgentChannel {
  const { host, port, agent } = settings;
  const address = `${host}:${port}`;
  const credentials = credentialsOf(settings);
  const channel = new Channel(targetOf(host, port), credentials, channelOptions);
  let term: number | undefined;

  const metadataNow = (): Metadata => {
    const metadata = new Metadata();
    metadata.set(protocolVersionKey, String(protocolVersion));
    if (term !== undefined) metadata.set(leaseTermKey, String(term));
    return metadata;
  };
  const failureOf = async (error: unknown, signal: AbortSignal): Promise<Error> => {
    if (!isServiceError(error)) return unansweredError(address, error);
    if (error.code !== status.UNAVAILABLE) return agentErrorOf(error, address);
    return (await findPinMismatch({ host, port, pin: agent.pin, signal })) ?? agentErrorOf(error, address);
  };
  const understood = <R>(read: (answer: unknown) => R, answer: unknown): R => {
    try {
      return read(answer);
    } catch (error) {
      throw brokenAnswerError(address, error);
    }
  };
  return {
    clientOf: (service) => new service(targetOf(host, port), credentials, { channelOverride: channel }),
    call: async (method, request, read, timing) => {
      const answer = await callOnce(method, request, metadataNow(), timing).catch(async (error: unknown) => {
        timing.signal.throwIfAborted();
        throw await failureOf(error, timing.signal);
      });
      return understood(read, answer);
    },
    stream: async function* (method, request, read, signal) {
      signal.throwIfAborted();
      const call = method(request, metadataNow(), {});
      const cancel = (): void => call.cancel();
      signal.addEventListener("abort", cancel, { once: true });
      const messages = call[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await messages.next().catch(async (error: unknown) => {
            signal.throwIfAborted();
            throw await failureOf(error, signal);
          });
          if (next.done === true) return;
          yield understood(read, next.value);
        }
      } finally {
        signal.removeEventListener("abort", cancel);
        call.cancel();
      }
    },
    showTerm: (wanted) => {
      term = wanted;
    },
    close: () => channel.close(),
  };
}
