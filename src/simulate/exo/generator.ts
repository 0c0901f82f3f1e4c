import type { MacProfile } from "../mac-profile.js";
import type { ExoEvent } from "./exo-events.js";
import type { ExoTimes } from "./exo-times.js";
import { bodyOf, type Chunk, type TaggedInstance, type Task, type TaskParams } from "./exo-types.js";
import { createGenerationPace } from "./generation-pace.js";
import { computesTheModel, heldLayers, shardsByRank } from "./instance-shape.js";
import type { Timers } from "./timers.js";
import { chunkAt, planTokens, stepsOf, type TokenPlan } from "./token-plan.js";

/** The batch engine of one runner. Rank 0 sends the chunks; the other ranks only keep step. */
export interface Generator {
  submit(task: Task): void;
  /** Another rank has taken the task too. Rank 0 starts when all have. */
  peerTook(taskId: string, runnerId: string): void;
  /** Takes effect at the first token, then every 100 tokens, and between prefills: as in exo. */
  cancel(taskId: string): void;
  remoteFinished(commandId: string): void;
  /** Ends everything; with an error every open command is told. */
  stop(error?: string): void;
}

const tokensBetweenCancelChecks = 100;

interface Active {
  readonly task: Task;
  readonly commandId: string;
  readonly plan: TokenPlan;
  readonly prefillSec: number;
  step: number;
  decodeSec: number;
}

/** Starts an idle engine. */
export function createGenerator(options: {
  readonly instance: TaggedInstance;
  readonly rank: number;
  readonly profiles: ReadonlyMap<string, MacProfile>;
  readonly times: ExoTimes;
  readonly timers: Timers;
  /** Requests that are generated at the same time. */
  readonly batch: number;
  readonly memoryBytes: () => number;
  readonly send: (event: ExoEvent) => void;
  readonly onTaskDone: (taskId: string) => void;
  readonly onIdle: () => void;
}): Generator {
  const { instance, profiles, times, timers } = options;
  const shards = shardsByRank(bodyOf(instance));
  const modelId = shards[0]?.shard.modelCard.modelId ?? "";
  const pace = createGenerationPace(instance, profiles);
  const leads = options.rank === 0;
  const queue: Task[] = [];
  const cancelled = new Set<string>();
  const takers = new Map<string, Set<string>>();
  let active: Active[] = [];
  let following: Task[] = [];
  let turning = false;
  let stopped = false;
  /** When the step in progress ends, by the monotonic clock: keeps the pace exact whatever a timer adds. */
  let due = 0;

  const context = {
    modelId,
    stages: shards.map(({ nodeId, shard }) => {
      const { start, end } = heldLayers(shard);
      return `${profiles.get(nodeId ?? "")?.name ?? "nobody"} (layers ${start} to ${end - 1})`;
    }),
    worksCorrectly: computesTheModel(instance) ? "yes" : "no",
  } as const;
  const chunk = (commandId: string, one: Chunk): void =>
    options.send({ type: "ChunkGenerated", commandId, chunk: one });
  const waitSec = (sec: number, next: () => void): void => {
    const now = performance.now();
    due = Math.max(due, now - 50) + sec * 1_000 * times.tokenScale;
    timers.after(Math.max(0, due - now), next);
  };

  const prefill = (task: Task, next: () => void): void => {
    const params = task.taskParams as TaskParams;
    const plan = planTokens(params, context);
    const sec = pace.prefillSec(plan.promptTokens);
    const progress = (processedTokens: number): void =>
      chunk(task.commandId ?? "", { kind: "prefill", model: modelId, processedTokens, totalTokens: plan.promptTokens });
    progress(0);
    waitSec(sec, () => {
      if (cancelled.has(task.taskId)) return next();
      progress(plan.promptTokens);
      active.push({ task, commandId: task.commandId ?? "", plan, prefillSec: sec, step: 0, decodeSec: 0 });
      next();
    });
  };
  const stepAll = (sec: number): void => {
    const finished = new Set<Active>();
    for (const one of active) {
      one.decodeSec += sec;
      if (one.step % tokensBetweenCancelChecks === 0 && cancelled.has(one.task.taskId)) {
        finished.add(one);
        continue;
      }
      const times = { prefillSec: one.prefillSec, decodeSec: one.decodeSec, peakMemoryBytes: options.memoryBytes() };
      // A parser that met what it does not know stops without a word: nothing comes any more, not even the end.
      if (one.step < one.plan.parsedSteps) chunk(one.commandId, chunkAt(one.plan, one.step, modelId, times));
      one.step += 1;
      if (one.step < stepsOf(one.plan)) continue;
      finished.add(one);
      options.onTaskDone(one.task.taskId);
    }
    active = active.filter((one) => !finished.has(one));
  };
  const nextAgreed = (): Task | undefined => {
    const at = queue.findIndex(({ taskId }) => (takers.get(taskId)?.size ?? 0) >= shards.length - 1);
    const [task] = at < 0 ? [] : queue.splice(at, 1);
    if (task !== undefined) takers.delete(task.taskId);
    return task;
  };
  const start = (): void => {
    if (turning || queue.length === 0) return;
    turning = true;
    due = performance.now();
    turn();
  };
  const turn = (): void => {
    if (stopped) return;
    const next = active.length < options.batch ? nextAgreed() : undefined;
    if (next !== undefined) {
      if (cancelled.has(next.taskId)) turn();
      else prefill(next, turn);
      return;
    }
    if (active.length === 0) {
      turning = false;
      if (queue.length === 0) options.onIdle();
      return;
    }
    const longest = Math.max(...active.map((one) => one.plan.promptTokens + one.step));
    const sec = pace.stepSec(active.length, longest);
    waitSec(sec, () => {
      stepAll(sec);
      turn();
    });
  };
  const leave = (done: (task: Task) => boolean, report: (task: Task) => void): void => {
    const gone = following.filter(done);
    if (gone.length === 0) return;
    following = following.filter((task) => !gone.includes(task));
    for (const task of gone) report(task);
    if (following.length === 0) options.onIdle();
  };

  return {
    submit(task) {
      if (!leads) return void following.push(task);
      queue.push(task);
      start();
    },
    peerTook(taskId, runnerId) {
      if (!leads) return;
      takers.set(taskId, (takers.get(taskId) ?? new Set()).add(runnerId));
      start();
    },
    cancel(taskId) {
      cancelled.add(taskId);
      if (!leads)
        leave(
          (task) => task.taskId === taskId,
          () => {},
        );
    },
    remoteFinished(commandId) {
      if (!leads)
        leave(
          (task) => task.commandId === commandId,
          (task) => options.onTaskDone(task.taskId),
        );
    },
    stop(error) {
      stopped = true;
      if (!leads || error === undefined) return;
      const open = [...active.map((one) => one.commandId), ...queue.map((task) => task.commandId ?? "")];
      for (const commandId of open) chunk(commandId, { kind: "error", model: modelId, errorMessage: error });
    },
  };
}
