import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { FabricMessage } from "../fabric/fabric.js";
import type { MacProfile } from "../mac-profile.js";
import { type CardCache, createCardCache } from "./card-cache.js";
import { createElection, type ElectionMessage, type ElectionResult, type Session } from "./election.js";
import type { Command, DownloadCommand } from "./exo-commands.js";
import type { ExoEvent } from "./exo-events.js";
import type { ExoNodeOptions } from "./exo-node-options.js";
import { type ExoStateDocument, emptyState } from "./exo-state.js";
import { exoTimes } from "./exo-times.js";
import { bodyOf } from "./exo-types.js";
import { type Master, startMaster } from "./master.js";
import { createModelFiles, type ModelFiles } from "./model-files.js";
import type { GlobalEvent, LocalEvent, Snapshot } from "./session-events.js";
import { type SimulatedVariant, since } from "./simulated-variant.js";
import { type Reign, startReign } from "./start-reign.js";
import { createTimers, type Timers } from "./timers.js";
import { createTokenStreams, type TokenStreams } from "./token-streams.js";
import type { RingMessage } from "./worker.js";

/** One simulated exo without its HTTP API. */
export interface ExoNode {
  readonly nodeId: string;
  readonly variant: SimulatedVariant;
  readonly cards: CardCache;
  readonly streams: TokenStreams;
  /** After so much silence a stream gets a comment; never before 1.0.70. */
  readonly keepAliveMs: number | undefined;
  state(): ExoStateDocument;
  /** Events of the present reign, as far as this node has seen and kept them. */
  events(): readonly { readonly eventId: string; readonly event: ExoEvent }[];
  /** Sends a command to the master; waits while an election runs. */
  command(command: Command, signal?: AbortSignal): Promise<void>;
  /** Sends a command to the master even while an election runs. */
  commandNow(command: Command): void;
  download(command: DownloadCommand): void;
  failRunner(runnerId: string, error: string): void;
  close(): Promise<void>;
}

/** Events kept for `/events`. Real exo keeps them on disk for the whole reign. */
const keptEvents = 20_000;

/** A new id at every start, as exo does: a libp2p peer id in releases, lower-case hex in the newer variant. */
export function newNodeId(variant: SimulatedVariant): string {
  if (variant === "newer") return randomBytes(16).toString("hex").replace(/^0+/, "");
  const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  return `12D3KooW${Array.from(randomBytes(44), (byte) => alphabet[byte % alphabet.length]).join("")}`;
}

interface SnapshotRequest {
  readonly from: string;
  readonly session: Session;
}

/** Starts a node: master of itself alone, until an election says otherwise. */
export function startExoNode(options: ExoNodeOptions): ExoNode {
  const { nodeId, variant, fabric } = options;
  const times = exoTimes(options.timeScale, options.tokenScale);
  const crash = (error: unknown): void => {
    void close().finally(() => options.onCrash(error));
  };
  const timers = createTimers(crash);
  const files: ModelFiles = createModelFiles(join(options.home, "models"));
  const cards = createCardCache({ folder: join(options.home, "custom_model_cards"), variant, files });
  const streams = createTokenStreams();
  const profiles = new Map<string, MacProfile>([[nodeId, options.mac]]);
  const paused: (() => void)[] = [];
  let isPaused = false;
  let lastElection = 0;
  let kept: GlobalEvent[] = [];
  let master: { readonly duties: Master; readonly timers: Timers } | undefined;
  let closed = false;

  const applied = (message: GlobalEvent): void => {
    const { event } = message;
    kept.push(message);
    if (kept.length > keptEvents * 1.1) kept = kept.slice(-keptEvents);
    reign.worker.applied(event);
    if (event.type === "ChunkGenerated") streams.deliver(event.commandId, event.chunk);
    if (event.type === "InstanceDeleted" && since(variant, "1.0.70"))
      for (const task of Object.values(reign.events.state().tasks).map(bodyOf))
        if (task.instanceId === event.instanceId && task.commandId !== undefined) streams.close(task.commandId);
    // 1.0.68 keeps an added card on the node that added it, and the newest in the state.
    if (variant === "1.0.68" || variant === "newer") return;
    if (event.type === "CustomModelCardAdded") {
      cards.add(event.modelCard);
      void cards.save(event.modelCard).catch(crash);
    }
    if (event.type === "CustomModelCardDeleted") void cards.drop(event.modelId).catch(crash);
  };

  const handlers: Readonly<Record<string, (body: never) => void>> = {
    "local-event": (message: LocalEvent) => master?.duties.receivedLocal(message),
    "global-event": (message: GlobalEvent) => reign.events.receivedGlobal(message),
    snapshot: (message: Snapshot) => reign.events.receivedSnapshot(message),
    "snapshot-request": (request: SnapshotRequest) => answerSnapshot(request),
    command(command: Command) {
      election.commandSeen();
      master?.duties.command(command);
    },
    download: (command: DownloadCommand) => void reign.downloads.command(command).catch(crash),
    ring: (message: RingMessage) => reign.worker.peerTook(message),
    election(message: ElectionMessage) {
      if (message.clock > lastElection) isPaused = true;
      election.received(message);
    },
  };
  const handle = (topic: string, body: unknown): void => handlers[topic]?.(body as never);
  const publish = (topic: string, body: unknown): void => {
    if (closed) return;
    fabric.publish(topic, body);
    handle(topic, body);
  };
  const answerSnapshot = (request: SnapshotRequest): void => {
    if (master === undefined || request.from === nodeId) return;
    const snapshot: Snapshot = { session: reign.session, to: request.from, state: master.duties.state() };
    fabric.publish("snapshot", snapshot);
  };

  const becomeMaster = (session: Session): void => {
    const masterTimers = createTimers(crash);
    const duties = startMaster({
      session,
      empty: emptyState(variant),
      fold: options.fold,
      times,
      timers: masterTimers,
      send: (event) => reign.events.send(event),
      publishGlobal: (message) => publish("global-event", message),
      sendDownload: (command) => publish("download", command),
      now: Date.now,
    });
    master = { duties, timers: masterTimers };
  };
  const beginReign = (session: Session): Reign =>
    startReign({
      node: options,
      session,
      times,
      cards,
      files,
      profiles: () => profiles,
      publish,
      askSnapshot: () => fabric.publish("snapshot-request", { from: nodeId, session }),
      onApplied: applied,
      onError: crash,
    });

  const unpause = (clock: number): void => {
    lastElection = clock;
    isPaused = false;
    for (const go of paused.splice(0)) go();
  };
  const elected = (result: ElectionResult): void => {
    if (closed) return;
    const isMaster = result.session.masterNodeId === nodeId;
    if (result.outcome === "new-master") {
      reign.worker.stop();
      streams.forgetAll();
      kept = [];
    }
    if (!isMaster || result.outcome === "new-master") {
      if (master !== undefined) master.timers.stop();
      master = undefined;
    }
    if (result.outcome === "new-master") reign = beginReign(result.session);
    if (isMaster && master === undefined) becomeMaster(result.session);
    if (result.outcome === "new-master" && !isMaster)
      fabric.publish("snapshot-request", { from: nodeId, session: result.session });
    unpause(result.wonClock);
  };

  const election = createElection({
    nodeId,
    times,
    timers,
    publish: (message) => publish("election", message),
    onResult: elected,
  });
  let reign: Reign = beginReign({ masterNodeId: nodeId, electionClock: 0 });
  becomeMaster(reign.session);

  fabric.onMessage((message: FabricMessage) => handle(message.topic, message.body));
  fabric.onPeerJoined((peer) => {
    profiles.set(peer.id, peer.profile);
    election.connectionChanged();
  });
  fabric.onPeerLeft((peerId) => {
    profiles.delete(peerId);
    reign.worker.peerLeft(peerId);
    election.connectionChanged();
  });

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    timers.stop();
    master?.timers.stop();
    reign.worker.stop();
    for (const go of paused.splice(0)) go();
    await fabric.close();
  }

  return {
    nodeId,
    variant,
    cards,
    streams,
    keepAliveMs: since(variant, "1.0.70") ? times.keepAliveMs : undefined,
    state: () => reign.events.state(),
    events: () => kept,
    async command(command, signal) {
      while (isPaused && !closed && !signal?.aborted) await new Promise<void>((resolve) => paused.push(resolve));
      if (!signal?.aborted) publish("command", command);
    },
    commandNow: (command) => publish("command", command),
    download: (command) => publish("download", command),
    failRunner: (runnerId, error) => reign.worker.failRunner(runnerId, error),
    close,
  };
}
