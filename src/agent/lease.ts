import type { RefusalCode } from "./refusal.js";

/** How long a granted lease lasts. */
export const leaseValidMs = 10_000;

/**
 * The right of one controller to act on this agent. Kept in memory only: after a restart of the agent the next controller that
 * asks gets it, and the one with the higher term wins from then on. A term on disk would lock out a controller that lost its
 * state.
 */
export interface Lease {
  /** Public key pin of the controller. */
  readonly holder: string;
  readonly term: number;
  /** Milliseconds since the Unix epoch, by the agent's clock. */
  readonly expiresAt: number;
  /** Pin of the key that the holder goes on with: it takes the lease over in the same term, and then it is the holder's no more. */
  readonly successor?: string;
}

export interface LeaseAsk {
  readonly holder: string;
  readonly term: number;
  readonly now: number;
}

export interface LeaseRefusal {
  readonly kind: "refused";
  readonly code: Extract<RefusalCode, "stale_term" | "other_controller">;
  readonly message: string;
}

const refused = (code: LeaseRefusal["code"], message: string): LeaseRefusal => ({ kind: "refused", code, message });

/**
 * Grants or renews the lease. Terms never go down: not for the holder, not after the lease has run out. Another controller
 * gets it only once it has run out, and only with a higher term.
 */
export function grantLease(
  current: Lease | undefined,
  ask: LeaseAsk,
): { readonly kind: "granted"; readonly lease: Lease } | LeaseRefusal {
  if (current !== undefined) {
    const sameHolder = current.holder === ask.holder || current.successor === ask.holder;
    if (!sameHolder && current.expiresAt > ask.now) {
      return refused("other_controller", "another controller holds the lease of this agent");
    }
    if (ask.term < current.term || (!sameHolder && ask.term === current.term)) {
      return refused("stale_term", `term ${ask.term} is not newer than ${current.term}, which this agent has seen`);
    }
  }
  const next = current?.holder === ask.holder ? current.successor : undefined;
  const lease = { holder: ask.holder, term: ask.term, expiresAt: ask.now + leaseValidMs };
  return { kind: "granted", lease: next === undefined ? lease : { ...lease, successor: next } };
}

/**
 * Whether a call may act now.
 *
 * @param ask `term` is absent when the caller sent none
 */
export function checkLease(
  current: Lease | undefined,
  ask: Omit<LeaseAsk, "term"> & { readonly term: number | undefined },
): { readonly kind: "allowed" } | LeaseRefusal {
  if (ask.term === undefined) return refused("stale_term", "this call needs a lease, and none was shown");
  if (current === undefined) return refused("stale_term", "this agent has granted no lease yet");
  if (current.holder !== ask.holder) {
    return refused("other_controller", "another controller holds the lease of this agent");
  }
  if (ask.term !== current.term) {
    return refused("stale_term", `the lease of term ${ask.term} is not the current one, which is ${current.term}`);
  }
  if (current.expiresAt <= ask.now) return refused("stale_term", `the lease of term ${ask.term} has run out`);
  return { kind: "allowed" };
}
