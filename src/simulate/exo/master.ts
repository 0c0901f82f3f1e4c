import { randomUUID } from "node:crypto";
import type { Session } from "./election.js";
import { sameSession } from "./election.js";
import type { Command, DownloadCommand } from "./exo-commands.js";
import type { ExoEvent, FoldEvent } from "./exo-events.js";
import type { ExoStateDocument } from "./exo-state.js";
import type { ExoTimes } from "./exo-times.js";
import { bodyOf, type TaskParams, tagged, tagOf } from "./exo-types.js";
import { placeInstance } from "./place-instance.js";
import type { GlobalEvent, LocalEvent } from "./session-events.js";
import type { Timers } from "./timers.js";

/** The elected node's extra duty: put everybody's events in order and turn commands into events. */
export interface Master {
  state(): ExoStateDocument;
  receivedLocal(message: LocalEvent): void;
  command(command: Command): void;
}

/** exo's own time format: microseconds, UTC. */
export const exoTimestamp = (at: Date): string => at.toISOString().replace("Z", "000Z");

/** The instance of the model with the fewest tasks; exo before `newer` counts every task it remembers. */
function leastLoadedInstance(state: ExoStateDocument, modelId: string): string | undefined {
  const tasks = Object.values(state.tasks).map(bodyOf);
  const inFlightOnly = state.nodeBackends !== undefined;
  return Object.values(state.instances)
    .map(bodyOf)
    .filter((instance) => instance.shardAssignments.modelId === modelId)
    .map(({ instanceId }) => ({
      instanceId,
      tasks: tasks.filter(
        (task) =>
          task.instanceId === instanceId &&
          (!inFlightOnly || task.taskStatus === "Pending" || task.taskStatus === "Running"),
      ).length,
    }))
    .toSorted((left, right) => left.tasks - right.tasks)[0]?.instanceId;
}

function generationTask(taskId: string, instanceId: string, commandId: string, taskParams: TaskParams): ExoEvent {
  const task = tagged("TextGeneration" as const, {
    taskId,
    taskStatus: "Pending" as const,
    instanceId,
    commandId,
    taskParams,
    errorType: null,
    errorMessage: null,
  });
  return { type: "TaskCreated", taskId, task };
}

/** Deleting cancels what runs on the instance first. @throws RangeError when there is no such instance. */
function deletionEvents(state: ExoStateDocument, instanceId: string): ExoEvent[] {
  if (state.instances[instanceId] === undefined) throw new RangeError(`Instance ${instanceId} not found`);
  const cancelled = Object.values(state.tasks)
    .map(bodyOf)
    .filter(
      (task) => task.instanceId === instanceId && (task.taskStatus === "Pending" || task.taskStatus === "Running"),
    )
    .map(({ taskId }): ExoEvent => ({ type: "TaskStatusUpdated", taskId, taskStatus: "Cancelled" }));
  return [...cancelled, { type: "InstanceDeleted", instanceId }];
}

/** Downloads that no instance needs any more. */
function needlessDownloads(state: ExoStateDocument, goneInstance: string): DownloadCommand[] {
  const needed = new Set(
    Object.values(state.instances)
      .map(bodyOf)
      .filter((instance) => instance.instanceId !== goneInstance)
      .flatMap(({ shardAssignments: { nodeToRunner, runnerToShard } }) =>
        Object.entries(nodeToRunner).map(([node, runner]) => {
          const shard = runnerToShard[runner];
          return `${node} ${shard === undefined ? "" : bodyOf(shard).modelCard.modelId}`;
        }),
      ),
  );
  return Object.entries(state.downloads).flatMap(([targetNodeId, downloads]) =>
    downloads
      .filter((download) => tagOf(download) === "DownloadOngoing")
      .map((download) => bodyOf(bodyOf(download).shardMetadata).modelCard.modelId)
      .filter((modelId) => !needed.has(`${targetNodeId} ${modelId}`))
      .map((modelId): DownloadCommand => ({ type: "CancelDownload", targetNodeId, modelId })),
  );
}

/** Starts the duties of a master for one session. They end with the timers. */
export function startMaster(options: {
  readonly session: Session;
  readonly empty: ExoStateDocument;
  readonly fold: FoldEvent;
  readonly times: ExoTimes;
  readonly timers: Timers;
  /** Into the node's own stream of local events, as any other event. */
  readonly send: (event: ExoEvent) => void;
  readonly publishGlobal: (message: GlobalEvent) => void;
  readonly sendDownload: (command: DownloadCommand) => void;
  readonly now: () => number;
}): Master {
  const { session, times, timers } = options;
  const sources = new Map<string, { next: number; readonly waiting: Map<number, LocalEvent> }>();
  const taskOfCommand = new Map<string, string>();
  let state = options.empty;

  const index = (message: LocalEvent): void => {
    const event: ExoEvent =
      message.event.type === "NodeGatheredInfo"
        ? { ...message.event, when: exoTimestamp(new Date(options.now())) }
        : message.event;
    const idx = state.lastEventAppliedIdx + 1;
    state = options.fold(state, event);
    options.publishGlobal({ session, idx, eventId: message.eventId, event });
  };
  const eventsOf = (command: Command): ExoEvent[] => {
    switch (command.type) {
      case "TextGeneration": {
        const instanceId = leastLoadedInstance(state, command.taskParams.model);
        if (instanceId === undefined) throw new RangeError(`No instance found for model ${command.taskParams.model}`);
        const taskId = randomUUID();
        taskOfCommand.set(command.commandId, taskId);
        return [generationTask(taskId, instanceId, command.commandId, command.taskParams)];
      }
      case "CreateInstance":
        return bodyOf(command.instance).instanceId in state.instances
          ? []
          : [{ type: "InstanceCreated", instance: command.instance }];
      case "PlaceInstance":
        return [{ type: "InstanceCreated", instance: placeInstance(command.request, state) }];
      case "DeleteInstance": {
        const events = deletionEvents(state, command.instanceId);
        for (const cancel of needlessDownloads(state, command.instanceId)) options.sendDownload(cancel);
        return events;
      }
      case "TaskCancelled": {
        const taskId = taskOfCommand.get(command.cancelledCommandId);
        return taskId === undefined ? [] : [{ type: "TaskStatusUpdated", taskId, taskStatus: "Cancelled" }];
      }
      case "TaskFinished": {
        const taskId = taskOfCommand.get(command.finishedCommandId);
        taskOfCommand.delete(command.finishedCommandId);
        return taskId === undefined ? [] : [{ type: "TaskDeleted", taskId }];
      }
      case "AddCustomModelCard":
        return [{ type: "CustomModelCardAdded", modelCard: command.modelCard }];
      case "DeleteCustomModelCard":
        return [{ type: "CustomModelCardDeleted", modelId: command.modelId }];
      default:
        return command satisfies never;
    }
  };

  timers.repeat(times.masterLoopMs, () => {
    const nodes = new Set(state.topology.nodes);
    for (const instance of Object.values(state.instances).map(bodyOf))
      if (Object.keys(instance.shardAssignments.nodeToRunner).some((node) => !nodes.has(node)))
        options.send({ type: "InstanceDeleted", instanceId: instance.instanceId });
    for (const [nodeId, seen] of Object.entries(state.lastSeen))
      if (options.now() - Date.parse(seen) > times.nodeTimeoutMs) options.send({ type: "NodeTimedOut", nodeId });
  });

  return {
    state: () => state,
    receivedLocal(message) {
      if (!sameSession(message.session, session)) return;
      const source = sources.get(message.origin) ?? { next: 0, waiting: new Map<number, LocalEvent>() };
      sources.set(message.origin, source);
      if (message.originIdx < source.next) return;
      source.waiting.set(message.originIdx, message);
      for (let next = source.waiting.get(source.next); next !== undefined; next = source.waiting.get(source.next)) {
        source.waiting.delete(source.next);
        source.next += 1;
        index(next);
      }
    },
    command(command) {
      try {
        for (const event of eventsOf(command)) options.send(event);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error; // exo only logs a command that can't be carried out
      }
    },
  };
}
