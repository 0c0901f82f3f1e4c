import { X509Certificate } from "node:crypto";
import { createSecureContext, type PeerCertificate } from "node:tls";
import {
  type CallOptions,
  ChannelCredentials,
  type ClientUnaryCall,
  Metadata,
  type requestCallback,
  status,
} from "@grpc/grpc-js";
import { z } from "zod";
import { protocolVersion } from "../../cluster/node-report.js";
import { spkiPin } from "../../cluster/spki-pin.js";
import type { AgentLink, Lease } from "../../inventory/agent-link.js";
import { agentErrorOf, brokenAnswerError, isServiceError, unansweredError } from "./agent-errors.js";
import { leaseTermKey, loadNodeAgentPackage, maxMessageBytes, protocolVersionKey } from "./node-agent-definition.js";
import { findPinMismatch } from "./probe-pin.js";
import { entryMessage, readOutcome, readRegistryReport } from "./registry-messages.js";
import { readNodeReport } from "./report-messages.js";

export interface AgentLinkSettings {
  /** A name, an IPv4 address, or an IPv6 address with its scope. */
  readonly host: string;
  readonly port: number;
  /** The controller's own key and self-signed certificate. */
  readonly own: { readonly certificatePem: string; readonly privateKeyPem: string };
  /** The agent as enrolled. */
  readonly agent: { readonly certificatePem: string; readonly pin: string };
  /** Deadlines of single calls; the defaults suit a healthy network. */
  readonly deadlines?: Partial<Deadlines>;
}

interface Deadlines {
  /** Calls that only look; measuring a Mac starts exo's Python once. */
  readonly observeMs: number;
  readonly leaseMs: number;
  /** Writing a card, starting exo. */
  readonly actMs: number;
  /** exo gets 5 s and 3 s to end by itself. */
  readonly stopMs: number;
}

const defaultDeadlines: Deadlines = { observeMs: 15_000, leaseMs: 3_000, actMs: 15_000, stopMs: 30_000 };

/** TLS is verified against the enrolled certificate, never against a name: any name does, as long as it is one. */
const tlsName = "exoctl-agent";

const leaseSchema = z.object({ term: z.number().int().positive(), validMs: z.number().int().positive() });
const readLease = (answer: unknown): Lease => leaseSchema.parse(answer);
const readRemoved = (answer: unknown): "removed" | "absent" =>
  z.object({ removed: z.boolean() }).parse(answer).removed ? "removed" : "absent";
const ignoreAnswer = (): void => {};

type Method<Q, A> = (
  request: Q,
  metadata: Metadata,
  options: CallOptions,
  callback: requestCallback<A>,
) => ClientUnaryCall;

function credentialsOf({ own, agent }: AgentLinkSettings): ChannelCredentials {
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

interface Timing {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/** One call. Rejects with the reason of the caller's signal, with a `TimeoutError`, or with a `ServiceError` of gRPC. */
function callOnce<Q, A>(method: Method<Q, A>, request: Q, metadata: Metadata, timing: Timing): Promise<A> {
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

/**
 * A link to one enrolled agent over TLS 1.3, pinned on both sides. Connects at the first call and again whenever a call needs it;
 * opening never fails because the agent is away.
 */
export function openAgentLink(settings: AgentLinkSettings): AgentLink {
  const { host, port, agent } = settings;
  const address = `${host}:${port}`;
  const deadlines = { ...defaultDeadlines, ...settings.deadlines };
  const { NodeAgent } = loadNodeAgentPackage();
  const client = new NodeAgent(targetOf(host, port), credentialsOf(settings), {
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
  });
  let term: number | undefined;

  const call = async <Q, A, R>(
    method: Method<Q, A>,
    request: Q,
    read: (answer: unknown) => R,
    timing: Timing,
  ): Promise<R> => {
    const metadata = new Metadata();
    metadata.set(protocolVersionKey, String(protocolVersion));
    if (term !== undefined) metadata.set(leaseTermKey, String(term));
    let answer: A;
    try {
      answer = await callOnce(method, request, metadata, timing);
    } catch (error) {
      timing.signal.throwIfAborted();
      if (!isServiceError(error)) throw unansweredError(address, error);
      if (error.code !== status.UNAVAILABLE) throw agentErrorOf(error, address);
      const mismatch = await findPinMismatch({ host, port, pin: agent.pin, signal: timing.signal });
      throw mismatch ?? agentErrorOf(error, address);
    }
    try {
      return read(answer);
    } catch (error) {
      throw brokenAnswerError(address, error);
    }
  };

  const { observeMs, leaseMs, actMs, stopMs } = deadlines;
  return {
    describe: (signal) => call(client.describe.bind(client), {}, readNodeReport, { signal, deadlineMs: observeMs }),
    describeRegistry: (signal) =>
      call(client.describeRegistry.bind(client), {}, readRegistryReport, { signal, deadlineMs: observeMs }),
    takeLease: async (wanted, signal) => {
      const lease = await call(client.takeLease.bind(client), { term: wanted }, readLease, {
        signal,
        deadlineMs: leaseMs,
      });
      term = lease.term;
      return lease;
    },
    ensureEntry: (entry, signal) =>
      call(client.ensureEntry.bind(client), { entry: entryMessage(entry) }, readOutcome, { signal, deadlineMs: actMs }),
    removeEntry: (modelId, signal) =>
      call(client.removeEntry.bind(client), { modelId }, readRemoved, { signal, deadlineMs: actMs }),
    startExo: (signal) => call(client.startExo.bind(client), {}, ignoreAnswer, { signal, deadlineMs: actMs }),
    stopExo: (signal) => call(client.stopExo.bind(client), {}, ignoreAnswer, { signal, deadlineMs: stopMs }),
    close: async () => client.close(),
  };
}
