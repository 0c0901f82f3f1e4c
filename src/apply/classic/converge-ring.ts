import { Problem } from "../../runtime/problem.js";
import { asProblem } from "../apply-problems.js";
import { nextRingSteps } from "./next-ring-steps.js";
import { RingBrokeError } from "./prove-ring.js";
import type { RingContext } from "./ring-context.js";
import { ringExecutors } from "./ring-executors.js";
import { describeRingStep, nodeOfRingStep, type RingAction, type RingStep, runRingStep } from "./ring-steps.js";
import { ringId } from "./ring-target.js";
import type { RingView } from "./ring-view.js";

/** What is told while a ring is brought up. */
export type RingProgress =
  | { readonly kind: "step-started"; readonly step: RingStep }
  | { readonly kind: "step-finished"; readonly step: RingStep; readonly outcome: string }
  | { readonly kind: "note"; readonly text: string };

export interface TakenRingStep {
  readonly action: RingAction;
  readonly node: string | null;
  readonly outcome: string;
}

export interface RingReport {
  readonly changed: boolean;
  readonly steps: readonly TakenRingStep[];
}

/** What may pass by itself, such as an agent that starts, is waited for so long. */
const settleMs = 20_000;
/** The same step more often than this means that it has no effect. */
const mostRepeats = 3;

/**
 * Makes the nodes run the ring: looks, takes the steps that come first, and looks again, until nothing is left to do. What runs as
 * wanted stays untouched.
 *
 * @param proven ids of rings that have answered; this one is in it when the promise resolves
 * @throws Problem when something stands in the way; otherwise the signal's reason
 */
export async function convergeRing(
  context: Omit<RingContext, "note">,
  proven: Set<string>,
  report: (progress: RingProgress) => void,
  signal: AbortSignal,
): Promise<RingReport> {
  const { target } = context;
  const executors = ringExecutors({ ...context, note: (text) => report({ kind: "note", text }) });
  const taken: TakenRingStep[] = [];
  const times = new Map<string, number>();
  let changed = false;
  const runOne = async (step: RingStep): Promise<void> => {
    const key = JSON.stringify(step);
    times.set(key, (times.get(key) ?? 0) + 1);
    if ((times.get(key) ?? 0) > mostRepeats) throw noEffect(step);
    report({ kind: "step-started", step });
    const result = await runRingStep(executors, step, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof RingBrokeError && (times.get(key) ?? 0) < mostRepeats) return error;
      throw error instanceof RingBrokeError ? gaveNoAnswer(error) : asProblem(error, describeRingStep(step));
    });
    if (result instanceof RingBrokeError) {
      report({ kind: "step-finished", step, outcome: `once more: ${result.message}` });
      return;
    }
    const { outcome, effect } = result;
    if (step.action === "prove-ring") proven.add(step.ring);
    changed ||= effect === "changed";
    taken.push({ action: step.action, node: nodeOfRingStep(step), outcome });
    report({ kind: "step-finished", step, outcome });
  };
  for (;;) {
    const steps = await stepsOnceUnblocked(context, proven, report, signal);
    if (steps.length === 0) break;
    await runTogether(steps, runOne, signal);
  }
  if (!proven.has(ringId(target))) throw new Error("nothing is left to do, but the ring has not been proven");
  return { changed, steps: taken };
}

/** The first step and those directly behind it that do the same elsewhere. */
async function runTogether(
  steps: readonly RingStep[],
  runOne: (step: RingStep) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const end = steps.findIndex(({ action }) => action !== steps[0]?.action);
  const results = await Promise.allSettled((end === -1 ? steps : steps.slice(0, end)).map(runOne));
  signal.throwIfAborted();
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function stepsOnceUnblocked(
  { target, access, clock, timings }: Omit<RingContext, "note">,
  proven: ReadonlySet<string>,
  report: (progress: RingProgress) => void,
  signal: AbortSignal,
): Promise<readonly RingStep[]> {
  const startedAt = clock.now();
  for (let told = ""; ; ) {
    const view: RingView = await access.observe([target.entry.id], signal);
    const next = nextRingSteps(target, view, proven);
    if (next.kind === "steps") return next.steps;
    if (next.mayPass === "never" || clock.now() - startedAt >= settleMs) throw next.problem;
    if (next.problem.message !== told) report({ kind: "note", text: `waiting: ${next.problem.message}` });
    told = next.problem.message;
    await clock.sleep(timings.pollMs, signal);
  }
}

const gaveNoAnswer = (error: RingBrokeError): Problem =>
  new Problem(
    "failed",
    "ring_no_answer",
    `the ring gave no answer, ${mostRepeats} times: ${error.message}`,
    "See exo's logs on the nodes; `exoctl status` shows whether they agree.",
    { cause: error },
  );

const noEffect = (step: RingStep): Problem =>
  new Problem(
    "failed",
    "no_effect",
    `cannot ${describeRingStep(step)}: it was done ${mostRepeats} times and the cluster looks as before`,
    "Compare the agent's and exo's logs on that node.",
  );
