import type { NodeName } from "../cluster/names.js";
import type { Clock } from "../runtime/clock.js";
import { Problem } from "../runtime/problem.js";
import { asProblem } from "./apply-problems.js";
import type { ReportProgress } from "./apply-progress.js";
import { type ApplyTimings, defaultKnownAnswer, defaultTimings, type KnownAnswer } from "./apply-settings.js";
import type { ClusterAccess, ClusterView } from "./cluster-access.js";
import { deleteInstance, instanceExecutors } from "./instance-executors.js";
import type { NewUuid } from "./instance-spec.js";
import { matchedIn, nextSteps } from "./next-steps.js";
import { registryExecutors } from "./registry-executors.js";
import type { StepContext } from "./step-context.js";
import { describeStep, type Executors, nodeOfStep, runStep, type Step, type StepAction } from "./steps.js";
import { restartExo, restartStuckExos, StuckExoProblem } from "./stuck-exo.js";
import type { ApplyTarget } from "./target.js";
import type { WeightsCopier } from "./weights-copier.js";

/** A step that was taken, as `exoctl apply -o json` prints it. */
export interface TakenStep {
  readonly action: StepAction;
  /** Null when the step is about the whole cluster. */
  readonly node: NodeName | null;
  readonly outcome: string;
}

export interface ApplyReport {
  readonly generation: number;
  /** Whether the cluster is different now. Proving what runs already changes nothing. */
  readonly changed: boolean;
  readonly steps: readonly TakenStep[];
  /** The instances that serve the target now, in the order of its copies. */
  readonly instanceIds: readonly string[];
}

export interface ApplyDeps {
  readonly access: ClusterAccess;
  readonly copier: WeightsCopier;
  readonly clock: Clock;
  /** A source of random UUIDs. */
  readonly newUuid: NewUuid;
  readonly report?: ReportProgress;
  readonly timings?: Partial<ApplyTimings>;
  readonly knownAnswer?: KnownAnswer;
  /** Instances that were proven before, and need no proof again. */
  readonly proven?: ReadonlySet<string>;
  /** What to do about an exo that is stuck; default `leave`. */
  readonly stuckExos?: "restart" | "leave";
  /** Called as soon as an instance has answered correctly: it can serve while other copies still load. */
  readonly onProven?: (instanceId: string) => void;
}

/** What this pass has learnt that no observation shows. Lost with the pass: the next one finds out again. */
interface Pass {
  readonly context: StepContext;
  readonly executors: Executors;
  readonly newUuid: NewUuid;
  readonly proven: Set<string>;
  readonly onProven: (instanceId: string) => void;
  readonly ensured: Map<NodeName, Set<string>>;
  /** Instances that have to go if this pass fails: asked for, or waited for, and not yet proven. */
  readonly doomed: Set<string>;
  readonly taken: (TakenStep & { readonly effect: "changed" | "none" })[];
  readonly times: Map<string, number>;
}

/** The same step more often than this means that it has no effect. */
const mostRepeats = 3;

/**
 * Makes exo run the target: looks, takes the steps that come first, and looks again, until nothing is left to do. What runs
 * already as wanted stays untouched. Copies come up side by side, and one that fails takes no other with it. An instance of
 * ours that does not get ready or answers wrongly is deleted; when the signal aborts, it is left to be taken up by the next pass.
 *
 * @throws Problem when something stands in the way; otherwise the signal's reason
 */
export async function converge(target: ApplyTarget, deps: ApplyDeps, signal: AbortSignal): Promise<ApplyReport> {
  const pass = beginPass(target, deps);
  try {
    for (;;) {
      const { steps, view } = await stepsOnceUnblocked(pass, signal);
      if (steps.length === 0) return finish(pass, view);
      await runLanes(pass, leadingLanes(steps), signal);
    }
  } catch (error) {
    if (!signal.aborted) await deleteDoomed(pass, signal);
    if (error instanceof StuckExoProblem && deps.stuckExos === "restart" && !signal.aborted)
      await restartStuckExos(pass.context, error.nodes, signal);
    throw error;
  }
}

function beginPass(target: ApplyTarget, deps: ApplyDeps): Pass {
  const context: StepContext = {
    target,
    access: deps.access,
    copier: deps.copier,
    clock: deps.clock,
    timings: { ...defaultTimings, ...deps.timings },
    knownAnswer: deps.knownAnswer ?? defaultKnownAnswer,
    report: deps.report ?? (() => undefined),
  };
  return {
    context,
    executors: {
      ...registryExecutors(context),
      ...instanceExecutors(context),
      "restart-exo": ({ node }, aborted) => restartExo(context, node, aborted),
    },
    newUuid: deps.newUuid,
    proven: new Set(deps.proven),
    onProven: deps.onProven ?? (() => undefined),
    ensured: new Map(),
    doomed: new Set(),
    taken: [],
    times: new Map(),
  };
}

/** Waits a little for what often passes by itself: an election, a report that is late, memory not yet given back. */
async function stepsOnceUnblocked(
  pass: Pass,
  signal: AbortSignal,
): Promise<{ readonly steps: readonly Step[]; readonly view: ClusterView }> {
  const { access, clock, timings, target, report } = pass.context;
  const startedAt = clock.now();
  for (let told = ""; ; ) {
    const view = await access.observe(signal);
    const next = nextStepsOf(pass, target, view);
    if (next.kind === "steps") return { steps: next.steps, view };
    if (next.mayPass === "never" || clock.now() - startedAt >= timings.settleMs) throw next.problem;
    if (next.problem.message !== told) report({ kind: "waiting", reason: next.problem.message });
    told = next.problem.message;
    await clock.sleep(timings.pollMs, signal);
  }
}

function nextStepsOf(pass: Pass, target: ApplyTarget, view: ClusterView): ReturnType<typeof nextSteps> {
  try {
    return nextSteps(target, view, { proven: pass.proven, ensured: pass.ensured, newUuid: pass.newUuid });
  } catch (error) {
    throw asProblem(error, "plan the next steps");
  }
}

/**
 * What is done at the same time, each lane in order: the first step and those directly behind it that do the same elsewhere,
 * or the ways of several instances from their creation to their proof.
 */
function leadingLanes(steps: readonly Step[]): readonly (readonly Step[])[] {
  const [first] = steps;
  const belongs = (step: Step): boolean =>
    first !== undefined && startedBy(first) !== undefined
      ? startedBy(step) !== undefined
      : step.action === first?.action;
  const end = steps.findIndex((step) => !belongs(step));
  const lanes = new Map<unknown, Step[]>();
  for (const step of end === -1 ? steps : steps.slice(0, end)) {
    const key = startedBy(step) ?? step;
    lanes.set(key, [...(lanes.get(key) ?? []), step]);
  }
  return [...lanes.values()];
}

/** The instance that this step helps to start. */
function startedBy(step: Step): string | undefined {
  if (step.action === "create-instance") return step.instance.instanceId;
  return step.action === "await-ready" || step.action === "prove" ? step.instanceId : undefined;
}

/** Runs them at the same time, waits for all of them, and fails with the first failure. */
async function runLanes(pass: Pass, lanes: readonly (readonly Step[])[], signal: AbortSignal): Promise<void> {
  const results = await Promise.allSettled(
    lanes.map(async (lane) => {
      for (const step of lane) await runOne(pass, step, signal);
    }),
  );
  signal.throwIfAborted();
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function runOne(pass: Pass, step: Step, signal: AbortSignal): Promise<void> {
  const { report } = pass.context;
  refuseRepeats(pass, step);
  if (step.action === "create-instance") pass.doomed.add(step.instance.instanceId);
  if (step.action === "await-ready") pass.doomed.add(step.instanceId);
  report({ kind: "step-started", step });
  const result = await runStep(pass.executors, step, signal).catch((error: unknown) => {
    // An instance that served before is withdrawn for a wrong answer only: that it can't be asked right now proves nothing.
    if (step.action === "prove" && isWrongAnswer(error)) pass.doomed.add(step.instanceId);
    throw asProblem(error, describeStep(step));
  });
  if (step.action === "ensure-entry")
    pass.ensured.set(step.node, new Set(pass.ensured.get(step.node)).add(step.entry.modelId));
  if (step.action === "download-weights") pass.ensured.delete(step.node);
  if (step.action === "sync-weights") for (const node of step.nodes) pass.ensured.delete(node);
  if (step.action === "delete-instance") pass.doomed.delete(step.instanceId);
  // One that was proven before and is ready again has nothing left to show.
  if (step.action === "await-ready" && pass.proven.has(step.instanceId)) pass.doomed.delete(step.instanceId);
  if (step.action === "prove") {
    pass.doomed.delete(step.instanceId);
    pass.proven.add(step.instanceId);
    pass.onProven(step.instanceId);
  }
  pass.taken.push({ action: step.action, node: nodeOfStep(step), ...result });
  report({ kind: "step-finished", step, outcome: result.outcome });
}

const isWrongAnswer = (error: unknown): boolean => error instanceof Problem && error.code === "wrong_answer";

/** One pass creates one instance of each copy. If that is lost again, trying on is the next pass's decision, not a loop here. */
function refuseRepeats(pass: Pass, step: Step): void {
  if (step.action === "delete-instance" && pass.doomed.has(step.instanceId)) {
    throw new Problem(
      "failed",
      "instance_failed",
      `instance ${step.instanceId} failed: ${step.because}`,
      "see exo's logs",
    );
  }
  const { action } = step;
  const key = action === "create-instance" ? `${action} ${step.instance.model.modelId}` : JSON.stringify(step);
  const times = (pass.times.get(key) ?? 0) + 1;
  pass.times.set(key, times);
  if (action === "create-instance" && times > 1) {
    throw new Problem(
      "failed",
      "instance_gone",
      "exo has dropped the new instance before it was ready",
      "see exo's logs",
    );
  }
  if (times > mostRepeats) {
    const words = `cannot ${describeStep(step)}: it was done ${mostRepeats} times and the cluster looks as before`;
    throw new Problem("failed", "no_effect", words, "compare the agent's and exo's logs on that node");
  }
}

/** The failure that led here is what the caller is told; that a deletion failed too is only reported. */
async function deleteDoomed(pass: Pass, signal: AbortSignal): Promise<void> {
  for (const instanceId of pass.doomed) {
    const step: Step = { action: "delete-instance", instanceId, because: "it did not become ready" };
    pass.context.report({ kind: "step-started", step });
    const outcome = await deleteInstance(pass.context, instanceId, signal).then(
      (result) => result.outcome,
      (error: unknown) => `failed: ${error instanceof Error ? error.message : String(error)}`,
    );
    pass.context.report({ kind: "step-finished", step, outcome });
  }
}

function finish(pass: Pass, view: ClusterView): ApplyReport {
  const { target } = pass.context;
  const serving = matchedIn(target, view).copies.flatMap(({ instance }) =>
    instance === undefined ? [] : [instance.id],
  );
  if (serving.length < target.copies.length || !serving.every((id) => pass.proven.has(id)))
    throw new Error("nothing is left to do, but not every copy of the target has been proven");
  return {
    generation: target.generation,
    changed: pass.taken.some((step) => step.effect === "changed"),
    steps: pass.taken.map(({ action, node, outcome }) => ({ action, node, outcome })),
    instanceIds: serving,
  };
}
