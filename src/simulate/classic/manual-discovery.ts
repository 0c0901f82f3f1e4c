import { readFile, stat } from "node:fs/promises";
import type { Clock } from "../../runtime/clock.js";
import type { ClassicPeerHandle } from "./classic-peer.js";
import type { ClassicTimes } from "./classic-times.js";
import { type ConfiguredPeer, readDiscoveryFile } from "./discovery-file.js";

export interface ManualDiscoverySettings {
  readonly file: string;
  readonly ownId: string;
  readonly times: ClassicTimes;
  readonly clock: Clock;
  readonly createPeer: (peer: ConfiguredPeer) => ClassicPeerHandle;
}

export interface ManualDiscovery {
  /** Peers that answered the last health check. */
  peers(): readonly ClassicPeerHandle[];
  /** Looks until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * exo's manual discovery: reads the file when it has become newer, keeps the last good one otherwise, checks its peers one after the
 * other, and forgets those that fail. A known peer keeps the address and the memory it was first found with.
 */
export function createManualDiscovery(settings: ManualDiscoverySettings): ManualDiscovery {
  const { file, ownId, times, clock, createPeer } = settings;
  let known = new Map<string, ClassicPeerHandle>();
  /** The one that is being looked at for the first time. */
  let candidate: ClassicPeerHandle | undefined;
  let configured: readonly ConfiguredPeer[] = [];
  let readAt: number | undefined;

  const readAgain = async (): Promise<void> => {
    try {
      const changedAt = (await stat(file)).mtimeMs;
      if (readAt !== undefined && changedAt <= readAt) return;
      const peers = readDiscoveryFile(await readFile(file, "utf8"), ownId);
      if (peers === undefined) return;
      configured = peers;
      readAt = changedAt;
    } catch {
      // exo says nothing about a file that is missing or cannot be read, and goes on with what it knew.
    }
  };
  const look = async (signal: AbortSignal): Promise<void> => {
    await readAgain();
    const next = new Map<string, ClassicPeerHandle>();
    for (const peer of configured) {
      if (signal.aborted) break;
      const before = known.get(peer.id);
      candidate = before === undefined ? createPeer(peer) : undefined;
      const handle = before ?? candidate;
      if (handle === undefined) continue;
      if (await handle.isHealthy()) next.set(peer.id, handle);
      else candidate?.close();
    }
    candidate = undefined;
    for (const [id, handle] of known) if (next.get(id) !== handle) handle.close();
    known = next;
  };
  return {
    peers: () => [...known.values()],
    run: async (signal) => {
      // Whoever waits for a connection would do so for ten seconds.
      const closeAll = (): void => {
        for (const handle of known.values()) handle.close();
        candidate?.close();
      };
      signal.addEventListener("abort", closeAll, { once: true });
      while (!signal.aborted) {
        await look(signal);
        await clock.sleep(times.discoveryPauseMs, signal).catch(() => undefined); // aborted: the loop ends
      }
      closeAll();
    },
  };
}
