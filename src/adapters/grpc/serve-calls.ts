import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { PeerCertificate } from "node:tls";
import { Metadata, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status } from "@grpc/grpc-js";
import type { Caller } from "../../agent/authority.js";
import { type RefusalCode, RefusalError } from "../../agent/refusal.js";
import { spkiPin } from "../../cluster/spki-pin.js";
import type { Logger } from "../../runtime/logger.js";
import { leaseTermKey, protocolVersionKey, reasonKey } from "./agent-definitions.js";

const statusOf: Readonly<Record<RefusalCode, status>> = {
  stale_term: status.FAILED_PRECONDITION,
  other_controller: status.PERMISSION_DENIED,
  invalid: status.INVALID_ARGUMENT,
  not_possible: status.FAILED_PRECONDITION,
};

/** What every call of an agent goes through before its own work. */
export interface CallFrame {
  /** Whether a public key, given as pin, belongs to a controller that this agent answers. Asked on every call. */
  readonly isTrusted: (pin: string) => boolean;
  /** Aborts as soon as that is no longer so: calls that are under way end with it. */
  readonly revokedOf: (pin: string) => AbortSignal;
  readonly logger: Logger;
}

type AnyCall = ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>;

const wholeNumber = /^\d{1,15}$/;

/** A number from metadata; undefined when it is missing, repeated or no whole number. */
function numberIn(metadata: Metadata, key: string): number | undefined {
  const [value, ...more] = metadata.get(key);
  return more.length === 0 && typeof value === "string" && wholeNumber.test(value) ? Number(value) : undefined;
}

/** Pins of the certificates that called last, by their SHA-256: to take one apart costs as much as all the rest of a call. */
const knownPins = new Map<string, string>();
const mostKnownPins = 16;

function pinOf({ raw, fingerprint256 }: PeerCertificate): string {
  const known = knownPins.get(fingerprint256);
  if (known !== undefined) return known;
  const pin = spkiPin(new X509Certificate(raw));
  if (knownPins.size >= mostKnownPins) knownPins.clear();
  knownPins.set(fingerprint256, pin);
  return pin;
}

function callerOf(call: AnyCall, { isTrusted }: CallFrame): Caller {
  // Empty unless TLS has verified the certificate of the other end against the ones we trust.
  const certificate = call.getAuthContext().sslPeerCertificate;
  const pin = certificate === undefined ? undefined : pinOf(certificate);
  if (pin === undefined || !isTrusted(pin)) {
    throw new RefusalError("other_controller", "this agent is enrolled with another controller");
  }
  const { metadata } = call;
  return { pin, term: numberIn(metadata, leaseTermKey), protocolVersion: numberIn(metadata, protocolVersionKey) };
}

function refusalOf(error: unknown, { logger }: CallFrame): { code: status; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  if (error instanceof RefusalError) {
    metadata.set(reasonKey, error.code);
    logger.info("refused a call", { reason: error.code, message: error.message });
    return { code: statusOf[error.code], details: error.message, metadata };
  }
  // Details of faults stay in the agent's own log.
  logger.error("a call failed", { error });
  return { code: status.INTERNAL, details: "the agent failed; its log says why", metadata };
}

/** Aborts when the caller has gone away, its deadline has passed, or its key is no longer trusted. */
function signalOf(call: AnyCall, { pin }: Caller, { revokedOf }: CallFrame): AbortSignal {
  const controller = new AbortController();
  call.on("cancelled", () => controller.abort(new Error("the caller has cancelled")));
  if (call.cancelled) controller.abort(new Error("the caller has cancelled"));
  return AbortSignal.any([controller.signal, revokedOf(pin)]);
}

/** A handler of calls with one answer: proves the caller, does the work, turns each no into a status. */
export const answerOnce =
  (frame: CallFrame) =>
  <Q, A>(work: (request: Q, caller: Caller, signal: AbortSignal) => Promise<A>) =>
  (call: ServerUnaryCall<Q, A>, respond: sendUnaryData<A>): void => {
    const run = async (): Promise<A> => {
      const caller = callerOf(call as AnyCall, frame);
      return await work(call.request, caller, signalOf(call as AnyCall, caller, frame));
    };
    run().then(
      (message) => respond(null, message),
      (error: unknown) => respond(refusalOf(error, frame)),
    );
  };

/** Sends one message of a stream; resolves when there is room for the next. Rejects when the caller has gone. */
export type Send<A> = (message: A) => Promise<void>;

/** The same for calls that answer with a stream. The work goes on until it ends by itself or its signal aborts. */
export const answerMany =
  (frame: CallFrame) =>
  <Q, A>(work: (request: Q, caller: Caller, send: Send<A>, signal: AbortSignal) => Promise<void>) =>
  (call: ServerWritableStream<Q, A>): void => {
    const run = async (): Promise<void> => {
      const caller = callerOf(call as AnyCall, frame);
      const signal = signalOf(call as AnyCall, caller, frame);
      const send: Send<A> = async (message) => {
        signal.throwIfAborted();
        if (!call.write(message)) await once(call, "drain", { signal });
      };
      await work(call.request, caller, send, signal);
    };
    run().then(
      () => call.end(),
      // The error event carries a status to the caller; nothing is thrown here.
      (error: unknown) => call.emit("error", refusalOf(error, frame)),
    );
  };
