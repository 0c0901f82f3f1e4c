import PQueue from "p-queue";
import { defaultKnownAnswer } from "../apply/apply-settings.js";
import { convergeRing, type RingProgress } from "../apply/classic/converge-ring.js";
import { checkClassicEntry } from "../apply/classic/ensure-entry.js";
import { nextRingSteps } from "../apply/classic/next-ring-steps.js";
import { defaultRingTimings, type RingTimings } from "../apply/classic/ring-context.js";
import { describeRingStep, nodeOfRingStep } from "../apply/classic/ring-steps.js";
import { type RingTarget, ringId } from "../apply/classic/ring-target.js";
import type { RingView } from "../apply/classic/ring-view.js";
import type { ClusterView } from "../apply/cluster-access.js";
import type { ModelEntry } from "../config/cluster-spec.js";
import { Problem } from "../runtime/problem.js";
import type { ApplySummary } from "./admin-api.js";
import type { ClassicEyes } from "./classic-eyes.js";
import {
  acceptedBy,
  type ClassicModelPlan,
  classicEntryOf,
  planClassicModel,
  ringTargetOf,
} from "./classic-plan-model.js";
import { infeasibleProblem, planLine } from "./describe-plan.js";
import { type ModelRun, retryDelayMs } from "./model-run.js";
import type { ModelWork, ModelWorkDeps, Report, Wanted } from "./model-work.js";
import { knownModel } from "./planning-problem.js";

export interface ClassicModelWorkDeps
  extends Pick<ModelWorkDeps, "access" | "spec" | "desired" | "known" | "clock" | "logger"> {
  readonly eyes: ClassicEyes;
  readonly timings?: Partial<RingTimings>;
}

/** Bringing the model of a ring of exo 0.0.x up. Also knows what the ring that was brought up last shall be. */
export interface ClassicModelWork extends ModelWork {
  /** Of the last plan that was followed; absent until there is one. */
  readonly target: () => RingTarget | undefined;
}

const untried: Omit<ModelRun, "entry"> = { proven: new Set(), failures: 0, retryAt: 0 };

/** One ring runs one model: all nodes take part in it, and an engine that is asked for another one loads everything anew. */
export function createClassicModelWork(deps: ClassicModelWorkDeps): ClassicModelWork {
  const { access, eyes, clock } = deps;
  const queue = new PQueue({ concurrency: 1 });
  const kept = new Map<string, ModelRun>();
  let target: RingTarget | undefined;

  const runOf = (entry: ModelEntry): ModelRun => {
    const { model: _asOfThen, ...run } = kept.get(entry.name) ?? { entry, ...untried };
    const model = deps.known().find(entry);
    // No card of exo 1.x is kept for it.
    return { ...run, entry: { ...entry, entry: "builtin" }, ...(model === undefined ? {} : { model }) };
  };
  const planOf = (
    entry: ModelEntry,
    wanted: Pick<Wanted, "spec">,
    view: ClusterView,
    ring: RingView,
  ): ClassicModelPlan => planClassicModel(entry, knownModel(entry, deps.known()), wanted.spec, view, ring);
  const now = (): Wanted => ({ spec: deps.spec(), ...deps.desired() });
  const targetFor = (entry: ModelEntry, wanted: Wanted, plan: ClassicModelPlan, ring: RingView): RingTarget =>
    ringTargetOf(entry, knownModel(entry, deps.known()), wanted.spec, plan, ring, wanted.generation);

  /** Looks, plans and refuses what can't work, before anything is changed. */
  const prepared = async (entry: ModelEntry, wanted: Wanted, report: Report, signal: AbortSignal) => {
    if (!wanted.spec.exo.manage) throw unmanaged;
    const view = await access.observe(signal);
    const ring = await eyes.observe([], signal);
    const nodes = view.inventory.nodes.filter(({ notReady, cordoned }) => notReady.length === 0 && !cordoned);
    const model = knownModel(entry, deps.known());
    const note = (text: string): void => report({ kind: "note", text });
    // Whether exo can run it at all comes before where its layers go.
    await checkClassicEntry(
      { target: { model: entry.name, accepted: acceptedBy(wanted.spec) }, access: eyes, note },
      nodes.map(({ name }) => name),
      classicEntryOf(entry, model, wanted.spec),
      signal,
    );
    const plan = planOf(entry, wanted, view, ring);
    if (plan.verdict === "infeasible") throw infeasibleProblem(entry.name, plan.result);
    const next = targetFor(entry, wanted, plan, ring);
    return { plan, next };
  };
  const bringUp = async (entry: ModelEntry, report: Report, signal: AbortSignal): Promise<ApplySummary> => {
    const { plan, next } = await prepared(entry, now(), report, signal);
    kept.set(entry.name, { ...runOf(entry), plan });
    target = next;
    report({ kind: "info", text: planLine(entry.name, plan) });
    const proven = new Set(runOf(entry).proven);
    const context = {
      target: next,
      access: eyes,
      clock,
      timings: { ...defaultRingTimings, ...deps.timings },
      question: next.entry.engine === "dummy" ? { prompt: defaultKnownAnswer.prompt } : defaultKnownAnswer,
    };
    const done = await convergeRing(context, proven, (progress) => tell(report, progress), signal);
    kept.set(entry.name, {
      ...withoutTrouble(runOf(entry)),
      plan,
      proven: new Set([ringId(next)]),
      failures: 0,
      retryAt: 0,
    });
    return { generation: next.generation, ...done };
  };
  const convergeOne = async (entry: ModelEntry, report: Report, signal: AbortSignal): Promise<ApplySummary> => {
    try {
      return await bringUp(entry, report, signal);
    } catch (error) {
      signal.throwIfAborted();
      const run = runOf(entry);
      const failures = run.failures + 1;
      const trouble = error instanceof Problem ? error : unexpected(error);
      if (trouble !== error) deps.logger.error("a ring could not be brought up for an unexpected reason", { error });
      kept.set(entry.name, { ...run, failures, trouble, retryAt: clock.now() + retryDelayMs(failures) });
      throw trouble;
    }
  };
  return {
    target: () => target,
    runs: () => deps.desired().models.map(runOf),
    plan: (view, name) => planOf(oneModel(deps.desired().models, name), now(), view, eyes.last()),
    whatIf: () => {
      const message = "what-if is not known for exo 0.0.x, whose rings take every machine";
      throw new Problem("usage", "classic_what_if", message, "Plan offline: exoctl plan --inventory FILE.");
    },
    preview: async (wanted, name, signal) => {
      const { next } = await prepared(oneModel(wanted.models, name), wanted, () => undefined, signal);
      const view = await eyes.observe([next.entry.id], signal);
      const steps = nextRingSteps(next, view, new Set([ringId(next)]));
      if (steps.kind === "blocked") throw steps.problem;
      return {
        generation: wanted.generation,
        changed: steps.steps.length > 0,
        steps: steps.steps.map((step) => ({
          action: step.action,
          node: nodeOfRingStep(step),
          outcome: describeRingStep(step),
        })),
      };
    },
    converge: (name, report, signal) =>
      queue.add(async () => await convergeOne(oneModel(deps.desired().models, name), report, signal)),
    idle: () => queue.onIdle(),
  };
}

const unmanaged = new Problem(
  "usage",
  "classic_unmanaged",
  "exo 0.0.x has to be started by its agents, which tell it its peers, and the cluster file says exo.manage: false",
  "Set exo.manage: true.",
);

const withoutTrouble = ({ trouble: _mended, ...run }: ModelRun): ModelRun => run;

const unexpected = (error: unknown): Problem =>
  new Problem(
    "failed",
    "unexpected",
    error instanceof Error ? error.message : String(error),
    "Look at the controller's log.",
    {
      cause: error,
    },
  );

function oneModel(models: readonly ModelEntry[], name: string | undefined): ModelEntry {
  const [first, second] = models;
  if (first === undefined)
    throw new Problem("usage", "no_models", "the cluster file names no model", "Add one under `models:`.");
  if (second !== undefined) {
    const message = `a ring of exo 0.0.x runs one model, and ${models.map((model) => model.name).join(", ")} are wanted`;
    throw new Problem("usage", "classic_one_model", message, "Leave one under `models:`; exo 1.x runs several.");
  }
  if (name === undefined || first.name === name) return first;
  throw new Problem(
    "usage",
    "model_not_desired",
    `${name} is not one of this cluster's models`,
    `It is ${first.name}.`,
  );
}

function tell(report: Report, progress: RingProgress): void {
  if (progress.kind === "note") report(progress);
  else if (progress.kind === "step-started") report({ kind: "begin", text: describeRingStep(progress.step) });
  else report({ kind: "end", text: describeRingStep(progress.step), outcome: progress.outcome });
}
