import { openManifestCache } from "../adapters/files/manifest-cache.js";
import { openSyncDisk } from "../adapters/files/sync-disk.js";
import { createDialPeer } from "../adapters/peer-files/dial-peer.js";
import { openPeerFilesServer, type PeerFilesServer } from "../adapters/peer-files/serve-peer-files.js";
import type { Authority } from "../agent/authority.js";
import { createModelSync, type ModelSync } from "../agent/sync/model-sync.js";
import { createRateLimit } from "../agent/sync/rate-limit.js";
import { createSharedModels } from "../agent/sync/shared-models.js";
import type { PlacedFolders } from "../register/placed-folders.js";
import type { RegistryFiles } from "../register/registry-files.js";
import type { Clock } from "../runtime/clock.js";
import type { Close } from "../runtime/close-all.js";
import type { Logger } from "../runtime/logger.js";
import { Problem } from "../runtime/problem.js";

/** Design 5.7. */
const noProgressMs = 120_000;

/** How an agent serves model files to others. */
export interface AgentFilesSettings {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What all readers together get at most; undefined: whatever the network takes. */
  readonly uplinkBytesPerSec?: number;
}

export interface AgentSyncParts {
  readonly files: AgentFilesSettings;
  readonly identity: { readonly certificatePem: string; readonly privateKeyPem: string };
  readonly homeFolder: string;
  readonly modelsFolders: readonly [string, ...string[]];
  readonly localModelsFolders?: readonly string[];
  readonly registry: RegistryFiles;
  readonly placed: PlacedFolders;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The agent's part in copying models: opens the listener for its files. @throws Problem when the port is taken */
export async function openAgentSync(
  parts: AgentSyncParts,
): Promise<{ readonly modelSync: ModelSync; readonly close: Close }> {
  const { files, identity, clock, logger } = parts;
  const shared = createSharedModels();
  const server = await listen(files, () => openPeerFilesServer({ ...files, own: identity, shared, logger }));
  const modelSync = createModelSync({
    authority: parts.authority,
    filesPort: server.port,
    uplink: createRateLimit(files.uplinkBytesPerSec, clock),
    disk: openSyncDisk(parts),
    cache: openManifestCache(parts.homeFolder),
    shared,
    dial: createDialPeer(identity),
    clock,
    random: Math.random,
    logger,
    noProgressMs,
  });
  return { modelSync, close: server.close };
}

async function listen(
  { host, port }: AgentFilesSettings,
  open: () => Promise<PeerFilesServer>,
): Promise<PeerFilesServer> {
  try {
    return await open();
  } catch (cause) {
    throw new Problem(
      "failed",
      "agent_files_listen",
      `The agent can't serve files on ${host}:${port}`,
      "Another program may have that port: choose a free one with --files-listen, or 0 for any.",
      { cause },
    );
  }
}
