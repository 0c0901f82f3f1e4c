import type { ProofAnswer } from "./exo-control.js";

/** How long `apply` waits for what. Milliseconds, by the controller's clock. */
export interface ApplyTimings {
  /** Between two looks at the cluster. */
  readonly pollMs: number;
  /** For the ring to form. */
  readonly connectMs: number;
  readonly warmUpMs: number;
  /** For an exo to do what nothing stands in the way of: begin with a runner, or let it connect. It takes tenths of a second. */
  readonly stallMs: number;
  /** Loads and downloads fail after so long without progress, never by total time. */
  readonly noProgressMs: number;
  /** For an accepted command to show in exo's state; then it is sent once more. */
  readonly commandMs: number;
  /** For an instance to be gone after it was deleted. */
  readonly deleteMs: number;
  /** For something that stands in the way and often passes: an election, a stale report, memory not yet given back. */
  readonly settleMs: number;
}

/** The deadlines of design 5.7. exo's elections take 3.2 s and follow one another when nodes join. */
export const defaultTimings: ApplyTimings = {
  pollMs: 1_000,
  connectMs: 60_000,
  warmUpMs: 300_000,
  stallMs: 30_000,
  noProgressMs: 120_000,
  commandMs: 10_000,
  deleteMs: 30_000,
  settleMs: 20_000,
};

/** A question whose right answer a program can recognise. */
export interface KnownAnswer {
  readonly prompt: string;
  /** What a right answer contains, in any case of letters. */
  readonly expected: string;
}

/** Wrong cuts answer with noise, so one word that noise does not contain is proof enough. */
export const defaultKnownAnswer: KnownAnswer = {
  prompt: "What is the capital of France? Answer with one word.",
  expected: "Paris",
};

/** Whether the answer, or the thinking before it, contains what was expected: few tokens may end in the thinking. */
export function answersAsExpected(answer: ProofAnswer, known: KnownAnswer): boolean {
  return `${answer.reasoning ?? ""}\n${answer.text}`.toLowerCase().includes(known.expected.toLowerCase());
}
