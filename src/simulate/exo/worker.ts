import { randomUUID } from "node:crypto";
import type { MacProfile } from "../mac-profile.js";
import type { CardCache } from "./card-cache.js";
import type { Command, DownloadCommand } from "./exo-commands.js";
import type { ExoEvent } from "./exo-events.js";
import type { ExoStateDocument } from "./exo-state.js";
import type { ExoTimes } from "./exo-times.js";
import {
  bodyOf,
  statusOf,
  type TaggedInstance,
  type TaggedShard,
  type Task,
  type TaskTag,
  tagged,
} from "./exo-types.js";
import { memoryInfo, slowFacts } from "./gathered-facts.js";
import { createKeyedBackoff } from "./keyed-backoff.js";
import type { ModelFiles } from "./model-files.js";
import { planWorkerTask, type WorkerStep } from "./plan-worker-task.js";
import { pollEdges } from "./poll-edges.js";
import { reconcileCards } from "./reconcile-cards.js";
import { type Runner, startRunner } from "./runner.js";
import { type SimulatedVariant, since } from "./simulated-variant.js";
import type { Timers } from "./timers.js";

/** One node's worker during one session: reports facts, finds edges, runs runners. Ends with its timers. */
export interface Worker {
  applied(event: ExoEvent): void;
  peerLeft(nodeId: string): void;
  /** A runner on another node has taken a generation. */
  peerTook(took: RingMessage): void;
  /** Makes a runner crash. */
  failRunner(runnerId: string, error: string): void;
  loadedBytes(): number;
  stop(): void;
}

/** What ranks tell each other over MLX's own connections. */
export interface RingMessage {
  readonly instanceId: string;
  readonly runnerId: string;
  readonly taskId: string;
}

export interface WorkerOptions {
  readonly nodeId: string;
  readonly mac: MacProfile;
  readonly apiPort: number;
  readonly variant: SimulatedVariant;
  readonly times: ExoTimes;
  readonly timers: Timers;
  readonly cards: CardCache;
  readonly files: ModelFiles;
  /** Each so manieth runner of this node hangs; 0 for none. */
  readonly startHangs: number;
  readonly state: () => ExoStateDocument;
  /** Peers on the network and this node itself, by node id. */
  readonly profiles: () => ReadonlyMap<string, MacProfile>;
  readonly send: (event: ExoEvent) => void;
  readonly command: (command: Command) => void;
  readonly sendDownload: (command: DownloadCommand) => void;
  readonly tellRing: (message: RingMessage) => void;
  readonly onMemoryChanged: (loadedBytes: number) => void;
}

/** `EXO_MAX_INSTANCE_RETRIES`, since 1.0.70: never reset by success. */
const mostCreations = 5;

/** Starts the worker's loops. */
export function startWorker(options: WorkerOptions): Worker {
  const { nodeId, times, timers, state, send } = options;
  const runners = new Map<string, Runner>();
  const monotonicMs = (): number => performance.now();
  const instanceBackoff = createKeyedBackoff(times.backoffBaseMs, times.backoffCapMs, monotonicMs);
  const downloadBackoff = createKeyedBackoff(times.backoffBaseMs, times.backoffCapMs, monotonicMs);
  let reportedBytes = -1;
  let createdRunners = 0;

  const loadedBytes = (): number => [...runners.values()].reduce((sum, runner) => sum + runner.loadedBytes(), 0);
  const newTask = (tag: TaskTag, instanceId: string, details: Partial<Task> = {}): Task => {
    const task: Task = { taskId: randomUUID(), taskStatus: "Pending", instanceId, ...details };
    send({ type: "TaskCreated", taskId: task.taskId, task: tagged(tag, task) });
    return task;
  };
  const finish = (task: Task, taskStatus: "Complete" | "Running" | "TimedOut"): void =>
    send({ type: "TaskStatusUpdated", taskId: task.taskId, taskStatus });

  const create = (instance: TaggedInstance, runnerId: string): void => {
    const { instanceId } = bodyOf(instance);
    if (since(options.variant, "1.0.70") && instanceBackoff.attempts(instanceId) >= mostCreations) {
      options.command({ type: "DeleteInstance", instanceId });
      return;
    }
    const task = newTask("CreateRunner", instanceId, {
      boundInstance: { instance, boundRunnerId: runnerId, boundNodeId: nodeId },
    });
    createdRunners += 1;
    const runner = startRunner({
      instance,
      runnerId,
      nodeId,
      start: createdRunners % (options.startHangs || Number.POSITIVE_INFINITY) === 0 ? "hangs" : "works",
      variant: options.variant,
      times,
      profiles: options.profiles,
      send,
      statusOf: (id) => statusOf(state().runners, id),
      announce: (taskId) => options.tellRing({ instanceId, runnerId, taskId }),
    });
    runners.set(runnerId, runner);
    instanceBackoff.record(instanceId);
    finish(task, "Complete");
  };
  const download = async (runner: Runner, shard: TaggedShard): Promise<void> => {
    const { modelId, storageSize } = bodyOf(shard).modelCard;
    const task = newTask("DownloadModel", runner.instanceId, { shardMetadata: shard });
    downloadBackoff.record(modelId);
    if (!(await options.files.complete(modelId))) {
      options.sendDownload({ type: "StartDownload", targetNodeId: nodeId, shardMetadata: shard });
      return finish(task, "Running");
    }
    const modelDirectory = options.files.folderOf(modelId);
    const completed = { nodeId, shardMetadata: shard, modelDirectory, total: storageSize, readOnly: false };
    send({ type: "NodeDownloadProgress", downloadProgress: tagged("DownloadCompleted" as const, completed) });
    finish(task, "Complete");
  };
  /** A runner that does not listen is killed after a while; what the state says of it stays. */
  const shutDown = async (runner: Runner): Promise<void> => {
    const task = newTask("Shutdown", runner.instanceId, { runnerId: runner.runnerId });
    runners.delete(runner.runnerId);
    if (runner.shutDown(task) === "done") return;
    await new Promise<void>((resolve) => {
      timers.after(times.runnerStopTimeoutMs, resolve);
      timers.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    finish(task, "TimedOut");
    runner.kill();
  };
  const perform = async (step: WorkerStep): Promise<void> => {
    switch (step.kind) {
      case "create":
        return create(step.instance, step.runnerId);
      case "shut-down":
        return await shutDown(step.runner);
      case "download":
        return await download(step.runner, step.shard);
      case "connect":
        return step.runner.connect(newTask("ConnectToGroup", step.runner.instanceId));
      case "load":
        downloadBackoff.reset(bodyOf(step.runner.instance).shardAssignments.modelId);
        return step.runner.load(newTask("LoadModel", step.runner.instanceId));
      case "warm-up":
        return step.runner.warmUp(newTask("StartWarmup", step.runner.instanceId));
      case "generate":
        send({ type: "TaskCreated", taskId: step.task.taskId, task: tagged("TextGeneration" as const, step.task) });
        return step.runner.generate(step.task);
      case "cancel": {
        const details = { cancelledTaskId: step.taskId, runnerId: step.runner.runnerId };
        const task = newTask("CancelTask", step.runner.instanceId, details);
        step.runner.cancel(step.taskId);
        return finish(task, "Complete");
      }
      default:
        return step satisfies never;
    }
  };

  timers.repeat(times.workerTickMs, async () => {
    const step = planWorkerTask({
      nodeId,
      variant: options.variant,
      state: state(),
      runners: [...runners.values()],
      mayCreate: (id) => instanceBackoff.mayProceed(id),
      mayDownload: (id) => downloadBackoff.mayProceed(id),
    });
    if (step !== undefined) await perform(step);
    if (loadedBytes() === reportedBytes) return;
    reportedBytes = loadedBytes();
    options.onMemoryChanged(reportedBytes);
  });
  const gathered = (info: Extract<ExoEvent, { type: "NodeGatheredInfo" }>["info"]): void =>
    send({ type: "NodeGatheredInfo", nodeId, when: new Date().toISOString(), info });
  timers.repeat(times.heartbeatMs, () => gathered(memoryInfo(options.mac, loadedBytes())));
  timers.repeat(times.slowFactsMs, () => {
    for (const info of slowFacts(options.mac, options.variant)) gathered(info);
  });
  timers.repeat(times.edgePollMs, () => pollEdges(options));
  if (options.variant === "newer")
    timers.after(times.cardReconcileMs, () =>
      timers.repeat(times.cardReconcileMs, () => reconcileCards(options.cards, state())),
    );

  return {
    applied(event) {
      if (event.type === "InstanceDeleted") instanceBackoff.reset(event.instanceId);
      // Where the parser of rank 0 stopped, no last chunk tells the other ranks that it is over.
      const ended =
        event.type === "TaskStatusUpdated" && event.taskStatus === "Complete" && state().tasks[event.taskId];
      const commandId = ended ? bodyOf(ended).commandId : undefined;
      if (commandId !== undefined) for (const runner of runners.values()) runner.remoteFinished(commandId);
      if (event.type !== "ChunkGenerated") return;
      const { chunk } = event;
      if (chunk.kind === "error" || (chunk.kind === "token" && chunk.finishReason !== null))
        for (const runner of runners.values()) runner.remoteFinished(event.commandId);
    },
    peerLeft(peer) {
      for (const runner of runners.values()) runner.peerLeft(peer);
    },
    peerTook({ instanceId, runnerId, taskId }) {
      for (const runner of runners.values()) if (runner.instanceId === instanceId) runner.peerTook(taskId, runnerId);
    },
    failRunner: (runnerId, error) => runners.get(runnerId)?.fail(error),
    loadedBytes,
    stop() {
      timers.stop();
      for (const runner of runners.values()) runner.kill();
      runners.clear();
    },
  };
}
