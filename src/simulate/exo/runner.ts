import { totalWeightBytes } from "../../models/model-bytes.js";
import type { MacProfile } from "../mac-profile.js";
import type { ExoEvent } from "./exo-events.js";
import type { ExoTimes } from "./exo-times.js";
import { bodyOf, type RunnerStatusTag, type TaggedInstance, type Task, type TaskStatus, tagged } from "./exo-types.js";
import { createGenerationPace, modelBehind } from "./generation-pace.js";
import { createGenerator, type Generator } from "./generator.js";
import { heldLayers, isTensor, shardsByRank } from "./instance-shape.js";
import { connectionOutcome } from "./ring-connection.js";
import { type SimulatedVariant, since } from "./simulated-variant.js";
import { createTimers } from "./timers.js";

/** One simulated runner process: loads some layers and generates with its peers. */
export interface Runner {
  readonly instanceId: string;
  readonly runnerId: string;
  readonly instance: TaggedInstance;
  status(): RunnerStatusTag;
  /** Bytes of weights in memory now. */
  loadedBytes(): number;
  connect(task: Task): void;
  load(task: Task): void;
  warmUp(task: Task): void;
  generate(task: Task): void;
  cancel(taskId: string): void;
  /** Stuck before it could join its group: it stays idle for ever, as starts of real exo do now and then on a busy machine. */
  readonly hangs: boolean;
  /** Whether the task was taken before. */
  hasTaken(taskId: string): boolean;
  wasCancelled(taskId: string): boolean;
  /** Stops in an orderly way; `busy` when it is inside something that can't be interrupted and has to be killed. */
  shutDown(task: Task): "done" | "busy";
  /** Ends at once, without a word. */
  kill(): void;
  /** Dies with an error, as after a crash. */
  fail(error: string): void;
  /** A node of the instance left the network. */
  peerLeft(nodeId: string): void;
  /** Another rank has taken a generation. */
  peerTook(taskId: string, runnerId: string): void;
  /** Rank 0 has sent the last chunk of a command. */
  remoteFinished(commandId: string): void;
}

export interface RunnerOptions {
  readonly instance: TaggedInstance;
  readonly runnerId: string;
  readonly nodeId: string;
  readonly start: "works" | "hangs";
  readonly variant: SimulatedVariant;
  readonly times: ExoTimes;
  /** The Macs on the network by exo node id, this one included. */
  readonly profiles: () => ReadonlyMap<string, MacProfile>;
  readonly send: (event: ExoEvent) => void;
  /** The status of another runner, by exo's state. */
  readonly statusOf: (runnerId: string) => RunnerStatusTag | undefined;
  /** Tells the other ranks that this one has taken a generation: nobody starts alone. */
  readonly announce: (taskId: string) => void;
}

const warmUpTokens = 50;
/** `EXO_MAX_CONCURRENT_REQUESTS`, since 1.0.69. Before that an instance served one request at a time. */
const batchLimit = 8;

/** Statuses in which a runner does not listen. */
const deaf: readonly RunnerStatusTag[] = ["RunnerConnecting", "RunnerLoading", "RunnerWarmingUp"];

/** Starts a runner. It reports RunnerIdle when its process is up. */
export function startRunner(options: RunnerOptions): Runner {
  const { instance, runnerId, nodeId, times } = options;
  const timers = createTimers((error) => fail(String(error)));
  const body = bodyOf(instance);
  const shards = shardsByRank(body);
  const rank = shards.findIndex((one) => one.runnerId === runnerId);
  const own = shards[rank]?.shard;
  if (own === undefined) throw new RangeError(`instance has no shard for runner ${runnerId}`);
  const mac = options.profiles().get(nodeId);
  const model = modelBehind(own.modelCard);
  const layers = heldLayers(own);
  const share = isTensor(instance) ? 1 / Math.max(1, own.worldSize) : 1;
  const layerBytes = model.weightBytesPerLayer * share;
  const fixedBytes = Math.min(totalWeightBytes(model), model.embedBytes + model.headBytes + model.normBytes);
  const taken = new Set<string>();
  const cancelled = new Set<string>();
  /** Peers may take a task before this rank has an engine. */
  const tookEarly: { readonly taskId: string; readonly peer: string }[] = [];
  let status: RunnerStatusTag = "RunnerIdle";
  let loadedBytes = 0;
  let generator: Generator | undefined;

  const report = (next: RunnerStatusTag, details: Readonly<Record<string, unknown>> = {}): void => {
    status = next;
    options.send({ type: "RunnerStatusUpdated", runnerId, runnerStatus: tagged(next, details) });
  };
  const taskStatus = (taskId: string, next: TaskStatus): void =>
    options.send({ type: "TaskStatusUpdated", taskId, taskStatus: next });
  const ready = (): void => report("RunnerReady", options.variant === "newer" ? { prefillServerPort: null } : {});
  function fail(error: string): void {
    if (status === "RunnerFailed" || timers.signal.aborted) return;
    // 1.0.68 tells nobody: open answers hang.
    generator?.stop(since(options.variant, "1.0.69") ? error : undefined);
    timers.stop();
    loadedBytes = 0;
    report("RunnerFailed", { errorMessage: error, ...(options.variant === "newer" ? { diagnostics: [] } : {}) });
  }
  const take = (task: Task): void => {
    taken.add(task.taskId);
    taskStatus(task.taskId, "Running");
  };
  const peersPresent = (): boolean => {
    const present = options.profiles();
    return shards.every(({ nodeId: peer }) => peer !== undefined && present.has(peer));
  };
  const ringBroken = (): void => later(0, () => fail("[ring] Receiving from socket failed with errno 54"));
  const later = (ms: number, work: () => void): void => void timers.after(ms, work);

  const joinGroup = (task: Task): void => {
    const profiles = options.profiles();
    const outcome = connectionOutcome(instance, rank, profiles);
    if (outcome.kind === "waits-for-ever") return;
    if (outcome.kind === "fails") {
      later(times.connectRetriesMs, () => fail(outcome.error));
      return;
    }
    const waitForAll = (): void => {
      const all = shards.every(({ runnerId: other }) => {
        const seen = other === runnerId ? status : options.statusOf(other);
        return seen === "RunnerConnecting" || seen === "RunnerConnected";
      });
      const possible =
        peersPresent() && shards.every((_, at) => connectionOutcome(instance, at, profiles).kind === "connects");
      if (!all || !possible) {
        later(times.workerTickMs, waitForAll);
        return;
      }
      later(times.connectMs, () => {
        taskStatus(task.taskId, "Complete");
        report("RunnerConnected");
      });
    };
    waitForAll();
  };

  /** The 50 tokens of the warm-up take all ranks: whoever is there first waits. */
  const warmUpTogether = (task: Task): void => {
    const warm: readonly (RunnerStatusTag | undefined)[] = ["RunnerWarmingUp", "RunnerReady", "RunnerRunning"];
    const together = shards.every(({ runnerId: id }) => id === runnerId || warm.includes(options.statusOf(id)));
    if (!together) {
      later(times.workerTickMs, () => warmUpTogether(task));
      return;
    }
    const pace = createGenerationPace(instance, options.profiles());
    later(warmUpTokens * pace.stepSec(1, warmUpTokens) * 1_000 * times.scale, () => {
      taskStatus(task.taskId, "Complete");
      ready();
    });
  };

  const loadLayer = (task: Task, layersLoaded: number): void => {
    const totalLayers = own.endLayer - own.startLayer;
    const held = layers.end - layers.start;
    if (held < 1) {
      fail("list index out of range");
      return;
    }
    const limit = mac?.workingSetBytes ?? 0;
    const diskMs = (layerBytes / (mac?.diskBytesPerSec ?? 1)) * 1_000 * times.scale;
    later(diskMs, () => {
      loadedBytes += layerBytes + (layersLoaded === 0 ? fixedBytes : 0);
      if (loadedBytes > limit) return fail("[METAL] Command buffer execution failed: Insufficient Memory (00000008)");
      report("RunnerLoading", { layersLoaded: layersLoaded + 1, totalLayers });
      if (layersLoaded + 1 < held) return loadLayer(task, layersLoaded + 1);
      taskStatus(task.taskId, "Complete");
      report("RunnerLoaded");
    });
  };

  later(times.runnerStartMs, () => {
    if (own.immediateException) return fail("Fake exception - runner failed to spin up.");
    later((own.shouldTimeout ?? 0) * 1_000 * times.scale, () => {
      // Where the weights are known to be there, loading has begun meanwhile.
      if (status === "RunnerIdle") report("RunnerIdle");
    });
  });

  return {
    instanceId: body.instanceId,
    runnerId,
    instance,
    hangs: options.start === "hangs",
    status: () => status,
    loadedBytes: () => loadedBytes,
    hasTaken: (taskId) => taken.has(taskId),
    wasCancelled: (taskId) => cancelled.has(taskId),
    connect(task) {
      take(task);
      report("RunnerConnecting");
      joinGroup(task);
    },
    load(task) {
      take(task);
      report("RunnerLoading", { layersLoaded: 0, totalLayers: own.endLayer - own.startLayer });
      loadLayer(task, 0);
    },
    warmUp(task) {
      take(task);
      report("RunnerWarmingUp");
      if (!peersPresent()) ringBroken();
      warmUpTogether(task);
    },
    generate(task) {
      take(task);
      if (status === "RunnerReady") report("RunnerRunning");
      generator ??= createGenerator({
        instance,
        rank,
        profiles: options.profiles(),
        times,
        timers,
        batch: since(options.variant, "1.0.69") ? batchLimit : 1,
        memoryBytes: () => loadedBytes,
        send: options.send,
        onTaskDone: (taskId) => taskStatus(taskId, "Complete"),
        onIdle: ready,
      });
      options.announce(task.taskId);
      for (const early of tookEarly.splice(0)) generator.peerTook(early.taskId, early.peer);
      generator.submit(task);
      if (!peersPresent()) ringBroken();
    },
    cancel(taskId) {
      cancelled.add(taskId);
      generator?.cancel(taskId);
    },
    shutDown(task) {
      if (timers.signal.aborted) return "done";
      if (deaf.includes(status) || options.start === "hangs") return "busy";
      report("RunnerShuttingDown");
      generator?.stop();
      timers.stop();
      loadedBytes = 0;
      taskStatus(task.taskId, "Complete");
      report("RunnerShutdown");
      return "done";
    },
    kill() {
      generator?.stop();
      timers.stop();
      loadedBytes = 0;
    },
    fail,
    peerLeft(peer) {
      const isPeer = shards.some(({ nodeId: other }) => other === peer);
      if (isPeer && (status === "RunnerRunning" || status === "RunnerWarmingUp")) ringBroken();
    },
    peerTook(taskId, peer) {
      if (generator === undefined) tookEarly.push({ taskId, peer });
      else generator.peerTook(taskId, peer);
    },
    remoteFinished: (commandId) => generator?.remoteFinished(commandId),
  };
}
