import { applyGatheredInfo } from "./apply-gathered-info.js";
import { addEdge, removeEdge, removeNode } from "./edit-topology.js";
import type { ExoEvent } from "./exo-events.js";
import type { ExoStateDocument } from "./exo-state.js";
import { bodyOf, type ModelCard, type TaggedDownload, type TaskStatus, tagged, tagOf, untag } from "./exo-types.js";

/** @returns the record without one key. */
export function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  if (!(key in record)) return record;
  const { [key]: _gone, ...rest } = record;
  return rest;
}

/** 1.0.68 lists a model once for each shard of it that anybody asked for. */
const sameShard = (left: TaggedDownload, right: TaggedDownload): boolean =>
  JSON.stringify(bodyOf(left).shardMetadata) === JSON.stringify(bodyOf(right).shardMetadata);

const cardOf = (download: TaggedDownload): ModelCard => bodyOf(bodyOf(download).shardMetadata).modelCard;
const sameModel = (left: TaggedDownload, right: TaggedDownload): boolean =>
  cardOf(left).modelId === cardOf(right).modelId;

function withDownload(state: ExoStateDocument, download: TaggedDownload): ExoStateDocument {
  const { nodeId } = bodyOf(download);
  const current = state.downloads[nodeId] ?? [];
  // Only cards of 1.0.68 do not say whether they are custom.
  const same = "isCustom" in cardOf(download) ? sameModel : sameShard;
  const at = current.findIndex((known) => same(known, download));
  const next = at < 0 ? [...current, download] : current.with(at, download);
  return { ...state, downloads: { ...state.downloads, [nodeId]: next } };
}

function withTaskStatus(state: ExoStateDocument, taskId: string, taskStatus: TaskStatus): ExoStateDocument {
  const task = state.tasks[taskId];
  if (task === undefined) return state;
  const [tag, body] = untag(task);
  return { ...state, tasks: { ...state.tasks, [taskId]: tagged(tag, { ...body, taskStatus }) } };
}

/** exo forgets a lost node's measurements, but keeps its identity, its backends and the status of its runners. */
function withoutNode(state: ExoStateDocument, nodeId: string): ExoStateDocument {
  return {
    ...state,
    downloads: without(state.downloads, nodeId),
    topology: removeNode(state.topology, nodeId),
    lastSeen: without(state.lastSeen, nodeId),
    nodeMemory: without(state.nodeMemory, nodeId),
    nodeDisk: without(state.nodeDisk, nodeId),
    nodeSystem: without(state.nodeSystem, nodeId),
    nodeNetwork: without(state.nodeNetwork, nodeId),
    nodeThunderbolt: without(state.nodeThunderbolt, nodeId),
    nodeThunderboltBridge: without(state.nodeThunderboltBridge, nodeId),
    nodeRdmaCtl: without(state.nodeRdmaCtl, nodeId),
  };
}

function fold(state: ExoStateDocument, event: ExoEvent): ExoStateDocument {
  switch (event.type) {
    case "ChunkGenerated":
      return state;
    case "TaskCreated":
      return { ...state, tasks: { ...state.tasks, [event.taskId]: event.task } };
    case "TaskStatusUpdated":
      return withTaskStatus(state, event.taskId, event.taskStatus);
    case "TaskDeleted":
      return { ...state, tasks: without(state.tasks, event.taskId) };
    case "InstanceCreated":
      return { ...state, instances: { ...state.instances, [bodyOf(event.instance).instanceId]: event.instance } };
    case "InstanceDeleted":
      return { ...state, instances: without(state.instances, event.instanceId) };
    case "RunnerStatusUpdated":
      return tagOf(event.runnerStatus) === "RunnerShutdown"
        ? { ...state, runners: without(state.runners, event.runnerId) }
        : { ...state, runners: { ...state.runners, [event.runnerId]: event.runnerStatus } };
    case "NodeTimedOut":
      return withoutNode(state, event.nodeId);
    case "NodeGatheredInfo":
      return applyGatheredInfo(state, event.nodeId, event.when, event.info);
    case "NodeDownloadProgress":
      return withDownload(state, event.downloadProgress);
    case "TopologyEdgeCreated":
      return { ...state, topology: addEdge(state.topology, event.conn) };
    case "TopologyEdgeDeleted":
      return { ...state, topology: removeEdge(state.topology, event.conn) };
    case "CustomModelCardAdded":
      return state.customModelCards === undefined
        ? state
        : { ...state, customModelCards: { ...state.customModelCards, [event.modelCard.modelId]: event.modelCard } };
    case "CustomModelCardDeleted":
      return state.customModelCards === undefined
        ? state
        : { ...state, customModelCards: without(state.customModelCards, event.modelId) };
    default:
      return event satisfies never;
  }
}

/** Folds the next event of the master's order into the state. Pure. */
export function applyEvent(state: ExoStateDocument, event: ExoEvent): ExoStateDocument {
  return { ...fold(state, event), lastEventAppliedIdx: state.lastEventAppliedIdx + 1 };
}

/**
 * `applyEvent` that remembers its last answer per state. Simulated nodes of one process that share it fold each event once
 * instead of once per node.
 */
export function createSharedFold(): (state: ExoStateDocument, event: ExoEvent) => ExoStateDocument {
  const last = new WeakMap<ExoStateDocument, { readonly event: ExoEvent; readonly next: ExoStateDocument }>();
  return (state, event) => {
    const known = last.get(state);
    if (known?.event === event) return known.next;
    const next = applyEvent(state, event);
    last.set(state, { event, next });
    return next;
  };
}
