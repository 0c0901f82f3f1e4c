import type { MacProfile } from "../mac-profile.js";
import type { CardCache } from "./card-cache.js";
import { type Downloads, startDownloads } from "./downloads.js";
import type { Session } from "./election.js";
import type { ExoEvent } from "./exo-events.js";
import type { ExoNodeOptions } from "./exo-node-options.js";
import { emptyState } from "./exo-state.js";
import type { ExoTimes } from "./exo-times.js";
import type { ModelFiles } from "./model-files.js";
import { type GlobalEvent, openSessionEvents, type SessionEvents } from "./session-events.js";
import { createTimers } from "./timers.js";
import { startWorker, type Worker } from "./worker.js";

/** What lives from one election of a new master to the next: everything that is dropped when the master changes. */
export interface Reign {
  readonly session: Session;
  readonly events: SessionEvents;
  /** Stopping it stops the whole reign. */
  readonly worker: Worker;
  readonly downloads: Downloads;
}

export interface ReignOptions {
  readonly node: ExoNodeOptions;
  readonly session: Session;
  readonly times: ExoTimes;
  readonly cards: CardCache;
  readonly files: ModelFiles;
  readonly profiles: () => ReadonlyMap<string, MacProfile>;
  /** To everybody on the network, this node included. */
  readonly publish: (topic: string, body: unknown) => void;
  readonly askSnapshot: () => void;
  readonly onApplied: (message: GlobalEvent) => void;
  readonly onError: (error: unknown) => void;
}

/** Starts event stream, worker and downloader of one node for one session. */
export function startReign(options: ReignOptions): Reign {
  const { node, session, times, cards, files, publish } = options;
  const { nodeId, mac, variant } = node;
  const timers = createTimers(options.onError);
  const events = openSessionEvents({
    session,
    nodeId,
    empty: emptyState(variant),
    fold: node.fold,
    times,
    timers,
    publishLocal: (message) => publish("local-event", message),
    askSnapshot: options.askSnapshot,
    onApplied: options.onApplied,
  });
  const early: ExoEvent[] = [];
  let inPlace = false;
  // The parts begin to report before this reign is in place: what they say first waits for the next turn.
  const send = (event: ExoEvent): void => {
    if (timers.signal.aborted) return;
    if (inPlace) events.send(event);
    else early.push(event);
  };
  setImmediate(() => {
    inPlace = true;
    for (const event of early) send(event);
  });
  const worker = startWorker({
    nodeId,
    mac,
    apiPort: node.apiPort,
    variant,
    times,
    timers,
    cards,
    files,
    startHangs: node.startHangs ?? 0,
    state: () => events.state(),
    profiles: options.profiles,
    send,
    command: (command) => publish("command", command),
    sendDownload: (command) => publish("download", command),
    tellRing: (message) => publish("ring", message),
    onMemoryChanged: (bytes) => node.onMemoryChanged?.(bytes),
  });
  const downloads = startDownloads({
    nodeId,
    variant,
    cards,
    files,
    internet: node.internet,
    bytesPerSec: mac.downloadBytesPerSec,
    times,
    timers,
    send,
  });
  return { session, events, worker, downloads };
}
