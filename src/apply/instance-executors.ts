import type { DeployedInstance } from "../inventory/deployment.js";
import { ExoAnswerError, ExoUnreachableError } from "../inventory/exo-state.js";
import { Problem } from "../runtime/problem.js";
import { memoryShort } from "./apply-problems.js";
import { answersAsExpected } from "./apply-settings.js";
import type { ClusterView } from "./cluster-access.js";
import type { ProofAnswer } from "./exo-control.js";
import { anyExoOf, exoOf, lookUntil, nodeIn, type StepContext } from "./step-context.js";
import type { Executors, StepArgs, StepResult } from "./steps.js";
import { type StartWatch, watchStart } from "./watch-start.js";

/** How often a command is sent in all: exo loses commands while it elects a master. */
const attempts = 3;

/** Executors of everything that concerns instances. */
export function instanceExecutors(
  context: StepContext,
): Pick<Executors, "create-instance" | "delete-instance" | "await-ready" | "prove"> {
  return {
    "create-instance": (args, signal) => createInstance(context, args, signal),
    "delete-instance": ({ instanceId }, signal) => deleteInstance(context, instanceId, signal),
    "await-ready": ({ instanceId }, signal) => awaitReady(context, instanceId, signal),
    prove: (args, signal) => prove(context, args, signal),
  };
}

const find = (view: ClusterView, id: string): DeployedInstance | undefined =>
  view.deployment.instances.find((instance) => instance.id === id);

/** Posts until exo lists it. The id stays the same, so that a second post of what was accepted does nothing. */
async function createInstance(
  context: StepContext,
  { node, instance }: StepArgs["create-instance"],
  signal: AbortSignal,
): Promise<StepResult> {
  const variant = nodeIn(await context.access.observe(signal), node)?.exo.value.variant;
  if (variant === undefined) {
    throw new Problem(
      "failed",
      "exo_too_old",
      `exo on ${node} does not say which model cards it takes`,
      "exo 1.0.68 or newer is needed",
    );
  }
  let refusal: unknown;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    refusal = await exoOf(context, node)
      .createInstance(instance, variant, signal)
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    if (refusal !== undefined && !isRetryable(refusal)) break;
    const listed = await lookUntil(
      context,
      context.timings.commandMs,
      (view) => find(view, instance.instanceId),
      signal,
    );
    if (listed !== undefined) return created(listed, instance.model.modelId);
  }
  if (isMemoryRefusal(refusal)) {
    const view = await context.access.observe(signal);
    const foreign = view.deployment.instances.filter((item) => item.owner === "foreign");
    throw memoryShort(instance.model.storageBytes, view.deployment.freeBytesForExo ?? 0, foreign);
  }
  if (refusal !== undefined) throw refusal;
  throw new Problem(
    "failed",
    "instance_not_created",
    `exo on ${node} accepted instance ${instance.instanceId} ${attempts} times and never listed it`,
    "exo's nodes may not agree on a master; see exo's logs, and whether all nodes see each other: `exoctl status`",
  );
}

function created(listed: DeployedInstance, modelId: string): StepResult {
  if (listed.modelId === modelId) return { outcome: `created ${listed.id}`, effect: "changed" };
  throw new Problem("failed", "wrong_model", `instance ${listed.id} names ${listed.modelId} instead of ${modelId}`);
}

const isRetryable = (error: unknown): boolean =>
  (error instanceof ExoAnswerError || error instanceof ExoUnreachableError) && error.retryable;

const isMemoryRefusal = (error: unknown): boolean =>
  error instanceof ExoAnswerError && error.status === 400 && error.detail.includes("Insufficient memory");

/** Asks again from time to time until it is gone from every view: exo carries commands out later, or forgets them. */
export async function deleteInstance(
  context: StepContext,
  instanceId: string,
  signal: AbortSignal,
): Promise<StepResult> {
  const roundMs = context.timings.deleteMs / attempts;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const view = await context.access.observe(signal);
    if (find(view, instanceId) !== undefined) await anyExoOf(context, view).deleteInstance(instanceId, signal);
    const isGone = (now: ClusterView): true | undefined => (find(now, instanceId) === undefined ? true : undefined);
    const gone = await lookUntil(context, roundMs, isGone, signal);
    if (gone === true) return { outcome: `deleted ${instanceId}`, effect: "changed" };
  }
  throw new Problem(
    "failed",
    "delete_stuck",
    `instance ${instanceId} is still there ${Math.round(context.timings.deleteMs / 1000)} s after exo was told to delete it`,
    "restart exo on its nodes",
  );
}

async function awaitReady(context: StepContext, instanceId: string, signal: AbortSignal): Promise<StepResult> {
  const { access, clock, timings } = context;
  const startedAt = clock.now();
  let watch: StartWatch | undefined;
  for (;;) {
    const { deployment } = await access.observe(signal);
    const verdict = watchStart(watch, instanceId, deployment, timings, clock.now());
    if (verdict.kind === "failed") throw verdict.problem;
    if (verdict.kind === "ready") {
      return { outcome: `ready after ${((clock.now() - startedAt) / 1000).toFixed(1)} s`, effect: "none" };
    }
    if (verdict.watch.signature !== watch?.signature) reportStages(context, instanceId, deployment.instances);
    watch = verdict.watch;
    await clock.sleep(timings.pollMs, signal);
  }
}

function reportStages(context: StepContext, instanceId: string, instances: readonly DeployedInstance[]): void {
  const stages = instances.find((instance) => instance.id === instanceId)?.stages ?? [];
  context.report({
    kind: "starting",
    instanceId,
    stages: stages.map(({ node, rank, runner, progress }) => ({ node, rank, runner, ...progress })),
  });
}

/** Wrong cuts load, become ready and answer garbage: only an answer proves an instance. */
async function prove(context: StepContext, args: StepArgs["prove"], signal: AbortSignal): Promise<StepResult> {
  const { knownAnswer } = context;
  const modelId = find(await context.access.observe(signal), args.instanceId)?.modelId;
  if (modelId === undefined) {
    throw new Problem("failed", "instance_gone", `instance ${args.instanceId} was gone before it could be asked`);
  }
  const answer = await askPatiently(context, args, modelId, signal);
  if (answersAsExpected(answer, knownAnswer)) {
    return { outcome: `answered correctly, first token after ${answer.firstTokenMs} ms`, effect: "none" };
  }
  const said = (answer.text || (answer.reasoning ?? "")).replace(/\s+/g, " ").trim().slice(0, 80);
  throw new Problem(
    "failed",
    "wrong_answer",
    `instance ${args.instanceId} gave a wrong answer: to ${JSON.stringify(knownAnswer.prompt)} it said ${JSON.stringify(said)}`,
    "its weights may be damaged on one of the nodes: compare the model's files, then apply again",
  );
}

/** An API node may not have heard yet that the instance is there (404), and exo answers again after an election. */
async function askPatiently(
  context: StepContext,
  { node }: StepArgs["prove"],
  modelId: string,
  signal: AbortSignal,
): Promise<ProofAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await exoOf(context, node).prove(modelId, context.knownAnswer.prompt, signal);
    } catch (error) {
      const early = error instanceof ExoAnswerError && error.status === 404;
      if (attempt >= attempts || !(early || isRetryable(error))) throw error;
      await context.clock.sleep(context.timings.pollMs, signal);
    }
  }
}
