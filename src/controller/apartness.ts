/** What is known of an exo that is in another cluster than the others. */
export interface Apartness {
  /** When it was first seen apart; milliseconds since the Unix epoch. */
  readonly since: number;
  /** Attempts to bring it back, by starting it again. */
  readonly restarts: number;
  readonly lastRestartAt?: number;
}

/** Exos find each other again by themselves after an election, or when a link is back: within seconds, or not at all. */
const patienceMs = 120_000;
/** What two new starts have not brought together, such as a network that parts them, no third one will. */
const mostRestarts = 2;

/** @returns undefined once it is ready; an exo that just does not answer, as while it starts, is not back yet */
export function afterLook(
  before: Apartness | undefined,
  node: { readonly apart: boolean; readonly ready: boolean },
  now: number,
): Apartness | undefined {
  if (node.ready) return undefined;
  return before ?? (node.apart ? { since: now, restarts: 0 } : undefined);
}

/** Whether to start it again now. */
export const isRestartDue = ({ since, restarts, lastRestartAt }: Apartness, now: number): boolean =>
  restarts < mostRestarts && now - (lastRestartAt ?? since) >= patienceMs;

export const afterRestart = (before: Apartness, now: number): Apartness => ({
  ...before,
  restarts: before.restarts + 1,
  lastRestartAt: now,
});
