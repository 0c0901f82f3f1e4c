import type { Clock } from "../../runtime/clock.js";
import type { RingTarget } from "./ring-target.js";
import type { RingAccess } from "./ring-view.js";

/** How long a ring is waited for, in milliseconds. */
export interface RingTimings {
  /** Between two looks. */
  readonly pollMs: number;
  /** For a process to be there after its start, crashes at its beginning included. */
  readonly startMs: number;
  /** For all nodes to agree: exo sees a peer after 5 to 19 s, and one that died after 15. */
  readonly agreeMs: number;
  /** Until the first token of the proof: the nodes load the model for it. */
  readonly firstTokenMs: number;
  readonly silenceMs: number;
}

export const defaultRingTimings: RingTimings = {
  pollMs: 500,
  startMs: 30_000,
  agreeMs: 120_000,
  firstTokenMs: 600_000,
  silenceMs: 120_000,
};

/** What every executor needs. */
export interface RingContext {
  readonly target: RingTarget;
  readonly access: RingAccess;
  readonly clock: Clock;
  readonly timings: RingTimings;
  /** A question, and what a right answer contains; the dummy engine has one answer to everything. */
  readonly question: { readonly prompt: string; readonly expected?: string };
  /** Tells what is being waited for. */
  readonly note: (text: string) => void;
}
