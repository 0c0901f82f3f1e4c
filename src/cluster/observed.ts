/** A fact with its age and source. Missing or stale never reads as healthy. */
export interface Observed<T> {
  readonly value: T;
  /** Milliseconds since the Unix epoch, by the controller's clock. */
  readonly at: number;
  readonly from: "mdns" | "static" | "agent" | "exo";
}

/** Whether there is a fact and it is at most `maxAgeMs` old. */
export function isFresh(fact: Observed<unknown> | undefined, now: number, maxAgeMs: number): boolean {
  return fact !== undefined && now - fact.at <= maxAgeMs;
}
