import type { CardCache } from "./card-cache.js";
import type { DownloadCommand } from "./exo-commands.js";
import type { ExoEvent } from "./exo-events.js";
import type { ExoTimes } from "./exo-times.js";
import { bodyOf, type Download, type DownloadTag, type TaggedShard, tagged } from "./exo-types.js";
import type { ModelFiles } from "./model-files.js";
import { wholeModelShard } from "./place-instance.js";
import { type SimulatedRepository, simulatedRepositories } from "./simulated-repositories.js";
import type { SimulatedVariant } from "./simulated-variant.js";
import type { Timers } from "./timers.js";

/** One node's downloader. It starts anew with every new master. */
export interface Downloads {
  command(command: DownloadCommand): Promise<void>;
}

const modelIdOf = (shard: TaggedShard): string => bodyOf(shard).modelCard.modelId;

interface Progress {
  readonly bytes: number;
  readonly files: number;
}

function progressData(repository: SimulatedRepository, progress: Progress, speed: number): Record<string, unknown> {
  const left = repository.totalBytes - progress.bytes;
  return {
    total: { inBytes: repository.totalBytes },
    downloaded: { inBytes: progress.bytes },
    downloadedThisSession: { inBytes: progress.bytes },
    completedFiles: progress.files,
    totalFiles: repository.files.length,
    speed,
    etaMs: Math.round((left / speed) * 1_000),
    files: {},
  };
}

/** Starts the downloader of one node for one session. */
export function startDownloads(options: {
  readonly nodeId: string;
  readonly variant: SimulatedVariant;
  readonly cards: CardCache;
  readonly files: ModelFiles;
  readonly internet: "none" | "simulated";
  readonly bytesPerSec: number;
  readonly times: ExoTimes;
  readonly timers: Timers;
  readonly send: (event: ExoEvent) => void;
}): Downloads {
  const { nodeId, cards, files, times, timers } = options;
  const known = new Map<string, DownloadTag>();
  const active = new Map<string, () => void>();

  const report = (tag: DownloadTag, shardMetadata: TaggedShard, rest: Partial<Download>): void => {
    const modelId = modelIdOf(shardMetadata);
    known.set(modelId, tag);
    const download: Download = { nodeId, shardMetadata, modelDirectory: files.folderOf(modelId), ...rest };
    options.send({ type: "NodeDownloadProgress", downloadProgress: tagged(tag, download) });
  };
  const reportComplete = (shard: TaggedShard): void =>
    report("DownloadCompleted", shard, { total: bodyOf(shard).modelCard.storageSize, readOnly: false });
  const pending = { downloaded: { inBytes: 0 }, total: { inBytes: 0 } };

  const rescan = async (): Promise<void> => {
    for (const card of await cards.list()) {
      if (timers.signal.aborted) return;
      if (active.has(card.modelId)) continue;
      const shard = wholeModelShard(card);
      if (await files.complete(card.modelId)) reportComplete(shard);
      else if (known.get(card.modelId) !== "DownloadCompleted") report("DownloadPending", shard, pending);
    }
  };

  const fetchFiles = (shard: TaggedShard, repository: SimulatedRepository): void => {
    let bytes = 0;
    let placed = 0;
    const speed = options.bytesPerSec;
    const bytesPerTick = times.scale === 0 ? Infinity : (speed * times.downloadProgressMs) / (1_000 * times.scale);
    const tick = async (): Promise<void> => {
      bytes = Math.min(repository.totalBytes, bytes + bytesPerTick);
      const share = bytes / repository.totalBytes;
      for (const file of repository.files.slice(placed, Math.floor(share * repository.files.length))) {
        await files.place(repository, file.name);
        placed += 1;
      }
      if (!active.has(repository.modelId) || timers.signal.aborted) return;
      if (share < 1) {
        const downloadProgress = progressData(repository, { bytes: Math.round(bytes), files: placed }, speed);
        report("DownloadOngoing", shard, { downloadProgress });
        next();
        return;
      }
      active.delete(repository.modelId);
      reportComplete(shard);
    };
    const next = (): void =>
      void active.set(
        repository.modelId,
        timers.after(times.downloadProgressMs, () => void tick()),
      );
    report("DownloadOngoing", shard, { downloadProgress: progressData(repository, { bytes: 0, files: 0 }, speed) });
    next();
  };

  const start = async (shard: TaggedShard): Promise<void> => {
    const modelId = modelIdOf(shard);
    const state = known.get(modelId);
    if (state === "DownloadOngoing" || state === "DownloadCompleted" || state === "DownloadFailed") return;
    if (await files.complete(modelId)) return reportComplete(shard);
    report("DownloadPending", shard, pending);
    if (options.internet === "none")
      return report("DownloadFailed", shard, {
        errorMessage: `Model files not found locally in offline mode: ${modelId}`,
      });
    const repository = simulatedRepositories().find((one) => one.modelId === modelId);
    if (repository === undefined)
      return report("DownloadFailed", shard, { errorMessage: `Failed to fetch file list for ${modelId}: HTTP 401` });
    fetchFiles(shard, repository);
  };
  const stop = (modelId: string): void => {
    active.get(modelId)?.();
    active.delete(modelId);
  };

  // 1.0.68 asks Hugging Face about every model before it looks at the disk: what an instance asks for is there first.
  const firstLookMs = options.variant === "1.0.68" ? times.downloadRescanMs : 0;
  if (firstLookMs === 0) timers.repeat(times.downloadRescanMs, rescan);
  else timers.after(firstLookMs, () => timers.repeat(times.downloadRescanMs, rescan));
  return {
    async command(command) {
      if (command.targetNodeId !== nodeId) return;
      if (command.type === "StartDownload") return await start(command.shardMetadata);
      const card = cards.known(command.modelId);
      if (command.type === "CancelDownload") {
        if (!active.has(command.modelId)) return;
        stop(command.modelId);
      } else {
        stop(command.modelId);
        await files.remove(command.modelId);
      }
      if (card !== undefined && known.has(command.modelId)) report("DownloadPending", wholeModelShard(card), pending);
      if (command.type === "DeleteDownload") known.delete(command.modelId);
    },
  };
}
