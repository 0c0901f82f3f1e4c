import type { Clock } from "../runtime/clock.js";

/** The right to ask a ring, until it is given back. Safe to give back again. */
export type GiveBack = () => void;

export type TurnOutcome =
  | { readonly kind: "turn"; readonly giveBack: GiveBack }
  /** Too many wait already. */
  | { readonly kind: "full" }
  /** It was not this request's turn in time. */
  | { readonly kind: "late" };

/** Lets one request at a time ask each ring of exo 0.0.x, first come first served: exo itself has no queue. */
export interface RingTurns {
  /** Rejects only when the signal aborts. */
  enter(ring: string, signal: AbortSignal): Promise<TurnOutcome>;
}

export interface RingTurnLimits {
  readonly maxWaiting: number;
  readonly queueMs: number;
}

export function createRingTurns(clock: Clock, { maxWaiting, queueMs }: RingTurnLimits): RingTurns {
  /** For each ring that is asked now: who waits, in order. */
  const waiting = new Map<string, Set<() => void>>();

  const next = (ring: string): void => {
    const [first] = waiting.get(ring) ?? [];
    if (first === undefined) waiting.delete(ring);
    else first();
  };
  const turn = (ring: string): TurnOutcome => {
    let held = true;
    const giveBack = (): void => {
      if (held) next(ring);
      held = false;
    };
    return { kind: "turn", giveBack };
  };
  const wait = async (ring: string, queue: Set<() => void>, signal: AbortSignal): Promise<TurnOutcome> => {
    const called = new AbortController();
    const call = (): void => {
      queue.delete(call);
      called.abort();
    };
    queue.add(call);
    const late = clock.sleep(queueMs, AbortSignal.any([signal, called.signal])).then(
      () => "late" as const,
      () => "woken" as const, // called, or given up
    );
    const outcome = await late;
    if (called.signal.aborted) {
      if (!signal.aborted) return turn(ring);
      next(ring); // it is gone just as its turn came
    }
    queue.delete(call);
    signal.throwIfAborted();
    return outcome === "late" ? { kind: "late" } : turn(ring);
  };
  return {
    enter: async (ring, signal) => {
      signal.throwIfAborted();
      const queue = waiting.get(ring);
      if (queue === undefined) {
        waiting.set(ring, new Set());
        return turn(ring);
      }
      return queue.size >= maxWaiting ? { kind: "full" } : await wait(ring, queue, signal);
    },
  };
}
