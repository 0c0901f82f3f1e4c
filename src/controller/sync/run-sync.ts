import type { NodeName } from "../../cluster/names.js";
import { AgentRefusedError } from "../../inventory/agent-link.js";
import type { ModelManifest } from "../../models/sync/manifest.js";
import type { FetchProgress, Peer } from "../../models/sync/sync-report.js";
import type { Clock } from "../../runtime/clock.js";
import type { Logger } from "../../runtime/logger.js";
import { Problem } from "../../runtime/problem.js";
import type { SyncedNode } from "./sync-api.js";
import type { SyncNodes } from "./sync-nodes.js";

/** An agent that broke off is tried again after so long. */
const retryMs = 1_000;
/** An agent that is away for so long is given up. */
const awayMs = 120_000;

/** A copy that is fully decided. */
export interface SyncRun {
  readonly manifest: ModelManifest;
  readonly sources: readonly NodeName[];
  readonly targets: readonly NodeName[];
  /** Everybody else, as this target dials them. */
  readonly peersOf: (target: NodeName) => readonly Peer[];
  readonly bytesPerSec: number | undefined;
  readonly nodes: SyncNodes;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onProgress: (node: NodeName, progress: FetchProgress) => void;
  readonly onEnd: (result: SyncedNode) => void;
}

/** A no for good, as opposed to an agent that is away or has just got another lease. */
const isFinal = (error: unknown): boolean =>
  (error instanceof AgentRefusedError && error.code !== "stale_term") ||
  (error instanceof Problem && error.kind !== "unreachable");

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Has the sources share and all targets fetch at the same time, and each of them serve the others until the last one is done.
 * An agent that breaks off is asked again and goes on where it was.
 *
 * @returns one result for each target; rejects only when the signal aborts
 */
export async function runSync(run: SyncRun, signal: AbortSignal): Promise<readonly SyncedNode[]> {
  const ended = new AbortController();
  const all = AbortSignal.any([signal, ended.signal]);
  const sharing = run.sources.map((source) => share(run, source, all));
  try {
    const fetches = run.targets.map((target) => startFetch(run, target, all));
    const results = await Promise.all(fetches.map(({ result }) => result));
    signal.throwIfAborted();
    ended.abort(new Error("all copies are complete"));
    await Promise.all(fetches.map(({ served }) => served));
    return results;
  } finally {
    ended.abort(new Error("the copy was ended"));
    await Promise.all(sharing);
  }
}

/** Keeps one source sharing until the signal aborts. Never rejects: a source that refuses just gives nothing. */
async function share(run: SyncRun, source: NodeName, signal: AbortSignal): Promise<void> {
  const readers = run.targets.map(run.nodes.pinOf);
  for (;;) {
    try {
      const request = { manifest: run.manifest, readers, bytesPerSec: run.bytesPerSec };
      for await (const sentBytes of run.nodes.link(source).sync.share(request, signal))
        run.logger.debug("a source has sent", { node: source, sentBytes });
    } catch (error) {
      if (signal.aborted) return;
      run.logger.warn("a source does not share", { node: source, reason: textOf(error) });
      if (isFinal(error)) return;
    }
    try {
      await run.clock.sleep(retryMs, signal);
    } catch {
      return; // it aborted
    }
  }
}

interface Fetch {
  /** Settles when this node is done or given up. Never rejects: an abort is a failure like any other. */
  readonly result: Promise<SyncedNode>;
  /** Resolves when the node has stopped to serve the others. */
  readonly served: Promise<void>;
}

function startFetch(run: SyncRun, target: NodeName, signal: AbortSignal): Fetch {
  let settle: (result: SyncedNode) => void = () => undefined;
  const result = new Promise<SyncedNode>((resolve) => {
    settle = resolve;
  });
  const startedAt = run.clock.now();
  let latest: FetchProgress | undefined;
  let state: "fetching" | "ended" = "fetching";
  const end = (outcome: SyncedNode["outcome"], problem?: string): void => {
    if (state === "ended") return;
    state = "ended";
    const synced: SyncedNode = {
      node: target,
      outcome,
      keptBytes: latest?.keptBytes ?? 0,
      fetchedBytes: Object.fromEntries(latest?.fetchedBytes ?? []),
      tookMs: run.clock.now() - startedAt,
      ...(problem === undefined ? {} : { problem }),
    };
    if (!signal.aborted) run.onEnd(synced);
    settle(synced);
  };
  const heard = (progress: FetchProgress): void => {
    latest = progress;
    run.onProgress(target, progress);
    if (progress.phase === "done") end(progress.outcome ?? "copied");
  };
  const served = keepFetching(run, target, heard, () => state === "ended", signal).catch((error: unknown) =>
    end("failed", textOf(error)),
  );
  return { result, served };
}

/** Fetches, again and again if the agent breaks off. @throws what stays in the way */
async function keepFetching(
  run: SyncRun,
  target: NodeName,
  heard: (progress: FetchProgress) => void,
  isDone: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  let heardAt = run.clock.now();
  for (;;) {
    try {
      const request = { manifest: run.manifest, peers: run.peersOf(target), bytesPerSec: run.bytesPerSec };
      for await (const progress of run.nodes.link(target).sync.fetch(request, signal)) {
        heardAt = run.clock.now();
        heard(progress);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (isDone()) return;
      if (isFinal(error) || run.clock.now() - heardAt > awayMs) throw error;
      run.logger.warn("a copy broke off and is resumed", { node: target, reason: textOf(error) });
    }
    await run.clock.sleep(retryMs, signal);
  }
}
