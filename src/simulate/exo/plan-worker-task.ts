import type { ExoStateDocument } from "./exo-state.js";
import {
  bodyOf,
  type Instance,
  type RunnerStatusTag,
  statusOf,
  type TaggedInstance,
  type TaggedShard,
  type Task,
  tagOf,
} from "./exo-types.js";
import type { Runner } from "./runner.js";
import { type SimulatedVariant, since } from "./simulated-variant.js";

/** The one thing a worker does next. */
export type WorkerStep =
  | { readonly kind: "cancel"; readonly runner: Runner; readonly taskId: string }
  | { readonly kind: "shut-down"; readonly runner: Runner }
  | { readonly kind: "create"; readonly instance: TaggedInstance; readonly runnerId: string }
  | { readonly kind: "download"; readonly runner: Runner; readonly shard: TaggedShard }
  | { readonly kind: "connect" | "load" | "warm-up"; readonly runner: Runner }
  | { readonly kind: "generate"; readonly runner: Runner; readonly task: Task };

/** What a worker looks at when it plans. Its own runners are fresh; the others are as the state has them. */
export interface WorkerView {
  readonly nodeId: string;
  readonly variant: SimulatedVariant;
  readonly state: ExoStateDocument;
  readonly runners: readonly Runner[];
  readonly mayCreate: (instanceId: string) => boolean;
  readonly mayDownload: (modelId: string) => boolean;
}

/** exo's planning loop stops at an assertion for ranks that can't be. The whole exo process ends with it. */
export class ExoAssertionError extends Error {
  override readonly name = "ExoAssertionError";
}

const assignmentsOf = (runner: Runner): Instance["shardAssignments"] => bodyOf(runner.instance).shardAssignments;
const allRunnerIds = (runner: Runner): readonly string[] => Object.keys(assignmentsOf(runner).runnerToShard);
const shardOf = (runner: Runner): TaggedShard => assignmentsOf(runner).runnerToShard[runner.runnerId] as TaggedShard;

function everyStatus(view: WorkerView, runnerIds: readonly string[], allowed: readonly RunnerStatusTag[]): boolean {
  return runnerIds.every((id) => {
    const status = statusOf(view.state.runners, id);
    return status !== undefined && allowed.includes(status);
  });
}

function rankOf(runner: Runner): { readonly rank: number; readonly worldSize: number } {
  const { deviceRank: rank, worldSize } = bodyOf(shardOf(runner));
  if (rank >= worldSize || rank < 0) throw new ExoAssertionError("assert 0 <= device_rank < world_size");
  return { rank, worldSize };
}

function cancelStep({ state, runners }: WorkerView): WorkerStep | undefined {
  for (const tagged of Object.values(state.tasks)) {
    const task = bodyOf(tagged);
    if (task.taskStatus !== "Cancelled") continue;
    const runner = runners.find((one) => one.instanceId === task.instanceId && !one.wasCancelled(task.taskId));
    if (runner !== undefined) return { kind: "cancel", runner, taskId: task.taskId };
  }
  return undefined;
}

/** Runners of gone instances, failed runners (left alone before 1.0.70), and healthy ones whose peer has failed. */
function shutDownStep(view: WorkerView): WorkerStep | undefined {
  const doomed = view.runners.find(
    (runner) =>
      view.state.instances[runner.instanceId] === undefined ||
      (since(view.variant, "1.0.70") && runner.status() === "RunnerFailed") ||
      Object.values(assignmentsOf(runner).nodeToRunner).some(
        (id) => id !== runner.runnerId && statusOf(view.state.runners, id) === "RunnerFailed",
      ),
  );
  return doomed === undefined ? undefined : { kind: "shut-down", runner: doomed };
}

function createStep(view: WorkerView): WorkerStep | undefined {
  for (const instance of Object.values(view.state.instances)) {
    const { instanceId, shardAssignments } = bodyOf(instance);
    const runnerId = shardAssignments.nodeToRunner[view.nodeId];
    if (runnerId === undefined || view.runners.some((one) => one.runnerId === runnerId)) continue;
    // Before 1.0.70 nothing held a runner back whose peer had failed: it is created and ended in a tight loop.
    if (!since(view.variant, "1.0.70")) return { kind: "create", instance, runnerId };
    const failed = (id: string): boolean => statusOf(view.state.runners, id) === "RunnerFailed";
    const othersFailed = Object.values(shardAssignments.nodeToRunner).some((id) => id !== runnerId && failed(id));
    if (othersFailed && !failed(runnerId)) continue;
    if (view.mayCreate(instanceId)) return { kind: "create", instance, runnerId };
  }
  return undefined;
}

function downloadStep(view: WorkerView): WorkerStep | undefined {
  const downloads = new Map(
    (view.state.downloads[view.nodeId] ?? []).map((download) => [
      bodyOf(bodyOf(download).shardMetadata).modelCard.modelId,
      tagOf(download),
    ]),
  );
  for (const runner of view.runners) {
    const shard = shardOf(runner);
    const { modelId } = bodyOf(shard).modelCard;
    const settled = downloads.has(modelId) && downloads.get(modelId) !== "DownloadPending";
    if (runner.status() === "RunnerIdle" && !settled && view.mayDownload(modelId))
      return { kind: "download", runner, shard };
  }
  return undefined;
}

/** Ranks 0 to n-2 first; the last one when all others are connecting. */
function connectStep(view: WorkerView): WorkerStep | undefined {
  for (const runner of view.runners) {
    const ids = allRunnerIds(runner);
    if (ids.length === 1 || runner.hangs) continue;
    if (runner.status() !== "RunnerIdle" || !everyStatus(view, ids, ["RunnerConnecting", "RunnerIdle"])) continue;
    const { rank, worldSize } = rankOf(runner);
    const others = ids.filter((id) => id !== runner.runnerId);
    if (rank < worldSize - 1 || everyStatus(view, others, ["RunnerConnecting"])) return { kind: "connect", runner };
  }
  return undefined;
}

function loadStep(view: WorkerView): WorkerStep | undefined {
  for (const runner of view.runners) {
    const { modelId, nodeToRunner } = assignmentsOf(runner);
    const downloaded = Object.keys(nodeToRunner).every((node) =>
      view.state.downloads[node]?.some(
        (one) => tagOf(one) === "DownloadCompleted" && bodyOf(bodyOf(one).shardMetadata).modelCard.modelId === modelId,
      ),
    );
    if (!downloaded) continue;
    const ids = allRunnerIds(runner);
    if (ids.length === 1 && runner.status() === "RunnerIdle") return { kind: "load", runner };
    const together = everyStatus(view, ids, ["RunnerConnected", "RunnerLoading", "RunnerLoaded"]);
    if (runner.status() === "RunnerConnected" && together) return { kind: "load", runner };
  }
  return undefined;
}

/** Ranks above 0 first; rank 0 when all others are warming up. */
function warmUpStep(view: WorkerView): WorkerStep | undefined {
  for (const runner of view.runners) {
    const { rank } = rankOf(runner);
    if (runner.status() !== "RunnerLoaded") continue;
    const ids = allRunnerIds(runner);
    const others = ids.filter((id) => id !== runner.runnerId);
    const mayStart =
      rank > 0
        ? everyStatus(view, ids, ["RunnerLoaded", "RunnerWarmingUp"])
        : everyStatus(view, others, ["RunnerWarmingUp"]);
    if (mayStart) return { kind: "warm-up", runner };
  }
  return undefined;
}

function generateStep(view: WorkerView): WorkerStep | undefined {
  for (const tagged of Object.values(view.state.tasks)) {
    if (tagOf(tagged) !== "TextGeneration") continue;
    const task = bodyOf(tagged);
    if (task.taskStatus !== "Pending" && task.taskStatus !== "Running") continue;
    const runner = view.runners.find((one) => one.instanceId === task.instanceId && !one.hasTaken(task.taskId));
    if (runner === undefined) continue;
    const serving: readonly RunnerStatusTag[] = ["RunnerReady", "RunnerRunning"];
    if (serving.includes(runner.status()) && everyStatus(view, allRunnerIds(runner), serving))
      return { kind: "generate", runner, task };
  }
  return undefined;
}

/**
 * exo's plan for one node: the first of these that has something to do.
 *
 * @throws ExoAssertionError for a runner whose rank can't be
 */
export function planWorkerTask(view: WorkerView): WorkerStep | undefined {
  return (
    cancelStep(view) ??
    shutDownStep(view) ??
    createStep(view) ??
    downloadStep(view) ??
    connectStep(view) ??
    loadStep(view) ??
    warmUpStep(view) ??
    generateStep(view)
  );
}
