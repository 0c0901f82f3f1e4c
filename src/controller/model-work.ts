import PQueue from "p-queue";
import { type ApplyProgress, describeProgress } from "../apply/apply-progress.js";
import type { ApplyTimings } from "../apply/apply-settings.js";
import type { ClusterAccess, ClusterView } from "../apply/cluster-access.js";
import { converge } from "../apply/converge.js";
import type { NewUuid } from "../apply/instance-spec.js";
import { nextSteps } from "../apply/next-steps.js";
import { describeStep, nodeOfStep } from "../apply/steps.js";
import type { WeightsCopier } from "../apply/weights-copier.js";
import type { ClusterSpec, ModelEntry } from "../config/cluster-spec.js";
import type { DeployedInstance } from "../inventory/deployment.js";
import type { KnownModels } from "../models/known-models.js";
import type { WhatIf } from "../plan/what-if.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { Problem } from "../runtime/problem.js";
import type { ApplySummary } from "./admin-api.js";
import { infeasibleProblem, planLine } from "./describe-plan.js";
import type { LocalWeights } from "./local-weights.js";
import { type ModelRun, retryDelayMs } from "./model-run.js";
import { planInView, whatIfInView } from "./plan-in-view.js";
import { type ModelPlan, targetOf } from "./plan-model.js";
import { type KnownSpec, knownModel } from "./planning-problem.js";
import type { ProgressLine } from "./progress-line.js";
import { unwantedInstances } from "./unwanted-instances.js";

/** What bringing models up needs. */
export interface ModelWorkDeps {
  readonly clusterId: string;
  readonly access: ClusterAccess;
  readonly copier: WeightsCopier;
  readonly spec: () => ClusterSpec;
  /** The models that shall run, of the newest generation. */
  readonly desired: () => { readonly generation: number; readonly models: readonly ModelEntry[] };
  /** What names of models mean, at this moment. */
  readonly known: () => KnownModels;
  readonly localWeights: Pick<LocalWeights, "look">;
  /** `builtin` where there are no agents that could write entries. */
  readonly entryMode: (entry: ModelEntry) => "own" | "builtin";
  readonly clock: Clock;
  readonly newUuid: NewUuid;
  readonly timings?: Partial<ApplyTimings>;
  readonly logger: Logger;
}

/** A desired state, checked. */
export interface Wanted {
  readonly spec: ClusterSpec;
  readonly generation: number;
  readonly models: readonly ModelEntry[];
}

export type Report = (line: ProgressLine) => void;

/** Brings the desired models up, one at a time: exo's memory figures only make sense when nothing else is loading. */
export interface ModelWork {
  /** One for each desired model, in the order of the cluster file, with the registry entry that exo really runs it by. */
  runs(): readonly ModelRun[];
  /** Plans one desired model on the cluster as last seen, the first one without a name. Changes nothing. */
  plan(view: ClusterView, name?: string): ModelPlan;
  /** Plans it as the cluster is and with changes. @throws Problem that names everything that is wrong with the changes */
  whatIf(view: ClusterView, changes: string, name?: string): WhatIf;
  /** The steps that `converge` would take first if this were wanted. Changes nothing. */
  preview(wanted: Wanted, name: string | undefined, signal: AbortSignal): Promise<ApplySummary>;
  /** Makes the named model run, or all of them. @throws Problem */
  converge(name: string | undefined, report: Report, signal: AbortSignal): Promise<ApplySummary>;
  /** Resolves when no `converge` is under way. */
  idle(): Promise<void>;
}

/** A model that nobody has tried to bring up. */
const untried: Omit<ModelRun, "entry"> = { proven: new Set(), failures: 0, retryAt: 0 };

export function createModelWork(deps: ModelWorkDeps): ModelWork {
  const queue = new PQueue({ concurrency: 1 });
  const kept = new Map<string, ModelRun>();
  const runOf = (entry: ModelEntry): ModelRun => {
    const { model: _asOfThen, ...run } = kept.get(entry.name) ?? { entry, ...untried };
    const model = deps.known().find(entry);
    return { ...run, entry, ...(model === undefined ? {} : { model }) };
  };
  const chosen = (name: string | undefined): readonly ModelEntry[] => chooseModels(deps.desired().models, name);

  const wholeSpec = (): KnownSpec => ({ ...deps.spec(), models: deps.desired().models, known: deps.known() });
  const planOf = (entry: ModelEntry, view: ClusterView): ModelPlan => planInView(asRun(deps, entry), wholeSpec(), view);
  const planned = (entry: ModelEntry, view: ClusterView): ModelPlan => {
    const plan = planOf(entry, view);
    kept.set(entry.name, { ...runOf(entry), plan });
    return plan;
  };
  const noteProven = (entry: ModelEntry, instanceId: string): void => {
    const run = runOf(entry);
    kept.set(entry.name, { ...run, proven: new Set(run.proven).add(instanceId) });
  };
  const convergeOne = async (entry: ModelEntry, report: Report, signal: AbortSignal): Promise<ApplySummary> => {
    try {
      const done = await bringUp(deps, { entry, runOf, planned, noteProven }, report, signal);
      const { trouble: _mended, ...run } = runOf(entry);
      kept.set(entry.name, { ...run, proven: new Set(done.instanceIds), failures: 0, retryAt: 0 });
      return done.summary;
    } catch (error) {
      signal.throwIfAborted();
      const run = runOf(entry);
      const failures = run.failures + 1;
      const trouble = asProblem(error, deps.logger);
      kept.set(entry.name, { ...run, failures, trouble, retryAt: deps.clock.now() + retryDelayMs(failures) });
      throw trouble;
    }
  };
  return {
    runs: () => deps.desired().models.map((entry) => runOf(asRun(deps, entry))),
    plan: (view, name) => planOf(onlyModel(chosen(name)), view),
    whatIf: (view, changes, name) => whatIfInView(asRun(deps, onlyModel(chosen(name))), wholeSpec(), view, changes),
    preview: async (wanted, name, signal) => {
      const view = await deps.access.observe(signal);
      const entries = chooseModels(wanted.models, name);
      for (const entry of entries) await deps.localWeights.look(entry, view, signal);
      return merge(wanted.generation, [
        ...(name === undefined ? [previewDeletions(deps, wanted, view)] : []),
        ...entries.map((entry) => previewOne(deps, wanted, entry, view)),
      ]);
    },
    converge: (name, report, signal) =>
      queue.add(async () => {
        const done: ApplySummary[] = name === undefined ? [await deleteUnwanted(deps, report, signal)] : [];
        for (const entry of chosen(name)) done.push(await convergeOne(entry, report, signal));
        return merge(deps.desired().generation, done);
      }),
    idle: () => queue.onIdle(),
  };
}

function chooseModels(models: readonly ModelEntry[], name: string | undefined): readonly ModelEntry[] {
  if (name === undefined) return models;
  const entry = models.find((model) => model.name === name);
  if (entry !== undefined) return [entry];
  const names = models.map((model) => model.name).join(", ");
  throw new Problem("usage", "model_not_desired", `${name} is not one of this cluster's models`, `They are ${names}.`);
}

function onlyModel(models: readonly ModelEntry[]): ModelEntry {
  const first = models[0];
  if (first !== undefined) return first;
  throw new Problem("usage", "no_models", "the cluster file names no model", "Add one under `models:`.");
}

/** One model on its way, and where what is learnt on the way is kept. */
interface Undertaking {
  readonly entry: ModelEntry;
  runOf(entry: ModelEntry): ModelRun;
  planned(entry: ModelEntry, view: ClusterView): ModelPlan;
  noteProven(entry: ModelEntry, instanceId: string): void;
}

async function bringUp(
  deps: ModelWorkDeps,
  { entry, runOf, planned, noteProven }: Undertaking,
  report: Report,
  signal: AbortSignal,
): Promise<{ readonly instanceIds: readonly string[]; readonly summary: ApplySummary }> {
  const view = await deps.access.observe(signal);
  const notes = await deps.localWeights.look(entry, view, signal);
  for (const text of notes) report({ kind: "info", text });
  const plan = planned(entry, view);
  if (plan.verdict === "infeasible") throw infeasibleProblem(entry.name, plan.result);
  report({ kind: "info", text: planLine(entry.name, plan) });
  const { instanceIds, generation, changed, steps } = await converge(
    target(deps, entry, plan),
    {
      access: deps.access,
      copier: deps.copier,
      clock: deps.clock,
      newUuid: deps.newUuid,
      report: (progress) => report(progressLine(progress)),
      ...(deps.timings === undefined ? {} : { timings: deps.timings }),
      stuckExos: deps.spec().exo.manage ? "restart" : "leave",
      proven: runOf(entry).proven,
      onProven: (instanceId) => noteProven(entry, instanceId),
    },
    signal,
  );
  return { instanceIds, summary: { generation, changed, steps } };
}

/** The model with the registry entry that exo really runs it by. */
const asRun = (deps: ModelWorkDeps, entry: ModelEntry): ModelEntry => ({ ...entry, entry: deps.entryMode(entry) });

const target = (deps: ModelWorkDeps, entry: ModelEntry, plan: ModelPlan) =>
  targetOf(asRun(deps, entry), knownModel(entry, deps.known()), plan, {
    clusterId: deps.clusterId,
    generation: deps.desired().generation,
  });

function previewOne(deps: ModelWorkDeps, wanted: Wanted, entry: ModelEntry, view: ClusterView): ApplySummary {
  const { generation, spec } = wanted;
  const plan = planInView(asRun(deps, entry), { ...spec, models: wanted.models, known: deps.known() }, view);
  if (plan.verdict === "infeasible") throw infeasibleProblem(entry.name, plan.result);
  const running = view.deployment.instances.filter((instance) => instance.health.state === "ready");
  const next = nextSteps({ ...target(deps, entry, plan), generation }, view, {
    // A preview sends no questions; what is ready counts as checked.
    proven: new Set(running.map((instance) => instance.id)),
    ensured: new Map(),
    newUuid: deps.newUuid,
  });
  if (next.kind === "blocked") throw next.problem;
  return {
    generation,
    changed: next.steps.length > 0,
    steps: next.steps.map((step) => ({ action: step.action, node: nodeOfStep(step), outcome: describeStep(step) })),
  };
}

const deletion = (instance: DeployedInstance, done: "delete" | "deleted"): ApplySummary["steps"][number] => ({
  action: "delete-instance",
  node: null,
  outcome: `${done} ${instance.id}: its model is no longer wanted`,
});

const unwanted = (deps: ModelWorkDeps, models: readonly ModelEntry[], view: ClusterView) =>
  unwantedInstances(models, deps.known(), deps.clusterId, view);

function previewDeletions(deps: ModelWorkDeps, { generation, models }: Wanted, view: ClusterView): ApplySummary {
  const steps = unwanted(deps, models, view).map((instance) => deletion(instance, "delete"));
  return { generation, changed: steps.length > 0, steps };
}

/** What could not be deleted is reported and left for the next time: it must not keep wanted models from coming up. */
async function deleteUnwanted(deps: ModelWorkDeps, report: Report, signal: AbortSignal): Promise<ApplySummary> {
  const { generation, models } = deps.desired();
  const view = await deps.access.observe(signal);
  const steps: ApplySummary["steps"][number][] = [];
  for (const instance of unwanted(deps, models, view)) {
    const exo = view.inventory.nodes.map((node) => deps.access.exo(node.name)).find((found) => found !== undefined);
    if (exo === undefined) continue;
    try {
      await exo.deleteInstance(instance.id, signal);
      const step = deletion(instance, "deleted");
      report({ kind: "info", text: step.outcome });
      steps.push(step);
    } catch (error) {
      signal.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      report({
        kind: "info",
        text: `instance ${instance.id}, whose model is no longer wanted, is still there: ${why}`,
      });
    }
  }
  return { generation, changed: steps.length > 0, steps };
}

const merge = (generation: number, done: readonly ApplySummary[]): ApplySummary => ({
  generation,
  changed: done.some((summary) => summary.changed),
  steps: done.flatMap((summary) => summary.steps),
});

function progressLine(progress: ApplyProgress): ProgressLine {
  switch (progress.kind) {
    case "step-started":
      return { kind: "begin", text: describeStep(progress.step) };
    case "step-finished":
      return { kind: "end", text: describeStep(progress.step), outcome: progress.outcome };
    default:
      return { kind: "note", text: describeProgress(progress) };
  }
}

/** Anything but a `Problem` is a fault of ours: the person is told, and the log gets all of it. */
function asProblem(error: unknown, logger: Logger): Problem {
  if (error instanceof Problem) return error;
  logger.error("a model could not be brought up for an unexpected reason", { error });
  const message = error instanceof Error ? error.message : String(error);
  return new Problem("failed", "unexpected", message, "Look at the controller's log.", { cause: error });
}
