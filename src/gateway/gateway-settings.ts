import type { ServingModel } from "../route/serving-model.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { KeyAccess } from "./keys/key-access.js";
import type { RingTurns } from "./ring-turns.js";
import type { Upstream } from "./upstream.js";

/** How long and how much. Every field may be left out of the options of `openGateway`. */
export interface GatewayLimits {
  /** Slow senders: a request's headers must be there after this, the whole of it after the next. Default 15 s and 120 s. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** Largest request body. Default 32 MiB. */
  readonly bodyBytes: number;
  /** From sending a request to its first token or progress of its prompt. Default 300 s: it may wait in exo's queue. */
  readonly firstTokenMs: number;
  /** Between two tokens. Default 120 s: the prompt of another request can hold up the whole batch. */
  readonly silenceMs: number;
  /** How long a stream's status is held back for the first token. Default 10 s, before proxies and clients give up. */
  readonly holdHeadMs: number;
  /** How long an upstream may take to close after `[DONE]`. Default 5 s. */
  readonly lingerMs: number;
  /** Requests that may wait for a ring of exo 0.0.x, each, and how long. Default 256 and 120 s. */
  readonly maxWaiting: number;
  readonly queueMs: number;
  /** How long running answers may go on when the gateway closes. Default 10 s. */
  readonly closeGraceMs: number;
}

export const defaultLimits: GatewayLimits = {
  headersMs: 15_000,
  requestMs: 120_000,
  bodyBytes: 32 * 1024 * 1024,
  firstTokenMs: 300_000,
  silenceMs: 120_000,
  holdHeadMs: 10_000,
  lingerMs: 5_000,
  maxWaiting: 256,
  queueMs: 120_000,
  closeGraceMs: 10_000,
};

/** What answering a request needs. One for the whole gateway. */
export interface GatewayContext {
  /** Read anew for every request: the list changes as models come and go. */
  readonly models: () => readonly ServingModel[];
  readonly upstream: Upstream;
  /** For rings of exo 0.0.x, which send no head before the first token. */
  readonly ringUpstream: Upstream;
  readonly rings: RingTurns;
  /** Absent where nobody is asked for a key. */
  readonly keys: KeyAccess | undefined;
  readonly clock: Clock;
  /** Uniform in 0 up to, not including, 1. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly limits: GatewayLimits;
  /** Our open requests by target id. Targets without one are not in it. */
  readonly outstanding: Map<string, number>;
  /** When the gateway was opened, in milliseconds since the Unix epoch. */
  readonly openedAt: number;
}
