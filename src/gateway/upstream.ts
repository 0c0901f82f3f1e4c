import type { Target } from "../route/serving-model.js";

/** One streaming chat request to one exo. */
export interface UpstreamRequest {
  readonly target: Target;
  /** JSON in UTF-8, with exo's id of the model and `stream: true` in it. */
  readonly body: Uint8Array;
}

/**
 * Takes the answer of one request as it arrives. The calls come in this order: any number of `data`, then exactly one of
 * `end` and `failed`. After `abort` nothing is called any more. Callbacks instead of an iterator, because this runs once
 * for every chunk of every stream.
 */
export interface UpstreamSink {
  /** Bytes of a 200 answer, cut anywhere. `"pause"` stops reading from the socket until `resume`. */
  data(bytes: Buffer): "more" | "pause";
  /** The answer's body is complete as far as HTTP is concerned; whether the stream is, the bytes must tell. */
  end(): void;
  failed(error: UpstreamError): void;
}

/** A request under way. */
export interface UpstreamExchange {
  /** Reads on after a `"pause"`. */
  resume(): void;
  /** Closes the connection at once, which is how exo is told to stop. Safe to call at any time and again. */
  abort(): void;
}

/** Sends chat requests to exo's HTTP API. Knows no other path of it. */
export interface Upstream {
  /** Never throws: whatever goes wrong is reported through `sink.failed`, which may happen before this returns. */
  open(request: UpstreamRequest, sink: UpstreamSink): UpstreamExchange;
}

/** Everything that an upstream reports. The messages are for the log: they may name addresses. */
export type UpstreamError =
  | UpstreamUnreachableError
  | UpstreamStatusError
  | UpstreamBrokenError
  | RingLostError
  | OtherModelError;

/** No answer came: refused, timed out, or closed before the status line. */
export class UpstreamUnreachableError extends Error {
  override readonly name = "UpstreamUnreachableError";
  readonly code = "upstream_unreachable";
  readonly retryable = true;

  constructor(
    readonly targetId: string,
    options: { cause: unknown },
  ) {
    super(`${targetId} did not answer`, options);
  }
}

/** The answer was not a 200. */
export class UpstreamStatusError extends Error {
  override readonly name = "UpstreamStatusError";
  readonly code = "upstream_status";
  /** exo answers 404 while this node has not yet heard of the instance; another node may know it. */
  readonly retryable: boolean;

  constructor(
    readonly targetId: string,
    readonly status: number,
    /** The body as text, cut to a few KiB. May quote the prompt: never to be logged. */
    readonly body: string,
  ) {
    super(`${targetId} answered ${status}`);
    this.retryable = status >= 500 || status === 404 || status === 408 || status === 429;
  }
}

/** The answer had begun and the connection broke. */
export class UpstreamBrokenError extends Error {
  override readonly name = "UpstreamBrokenError";
  readonly code = "upstream_broken";
  readonly retryable = true;

  constructor(
    readonly targetId: string,
    options: { cause: unknown },
  ) {
    super(`${targetId} broke off its answer`, options);
  }
}

/** A ring of exo 0.0.x lost a node while it answered. exo itself would stay silent. */
export class RingLostError extends Error {
  override readonly name = "RingLostError";
  readonly code = "ring_lost";
  readonly retryable = false;

  constructor(
    readonly targetId: string,
    /** One sentence that names the node. */
    readonly reason: string,
  ) {
    super(`${targetId} lost its ring: ${reason}`);
  }
}

/** exo 0.0.x answered with another model than the one asked for, which it does for names that it does not know. */
export class OtherModelError extends Error {
  override readonly name = "OtherModelError";
  readonly code = "other_model";
  readonly retryable = false;

  constructor(
    readonly targetId: string,
    readonly model: string,
  ) {
    super(`${targetId} answered with the model ${model}`);
  }
}
