import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import tls from "node:tls";
import { openManifestCache } from "../../src/adapters/files/manifest-cache.js";
import { openPlacedFoldersRecord } from "../../src/adapters/files/placed-folders-record.js";
import { openRegistryDisk } from "../../src/adapters/files/registry-disk.js";
import { openSyncDisk } from "../../src/adapters/files/sync-disk.js";
import { createDialPeer } from "../../src/adapters/peer-files/dial-peer.js";
import { openPeerFilesServer } from "../../src/adapters/peer-files/serve-peer-files.js";
import { makeManifest, sourceOf } from "../../src/agent/sync/make-manifest.js";
import type { ModelDisk } from "../../src/agent/sync/model-disk.js";
import { createRateLimit } from "../../src/agent/sync/rate-limit.js";
import { shareWhole } from "../../src/agent/sync/share-whole.js";
import { createSharedModels } from "../../src/agent/sync/shared-models.js";
import { startFetch } from "../../src/agent/sync/start-fetch.js";
import { modelFolderName, modelId } from "../../src/cluster/names.js";
import type { ModelManifest } from "../../src/models/sync/manifest.js";
import type { Peer } from "../../src/models/sync/sync-report.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { anIdentity, type TestIdentity } from "./agent-identities.js";
import { realClock } from "./real-clock.js";

export const syncedModel = modelId("lab/random-weights");
const never = new AbortController().signal;

/** Digests are compared, not bytes: comparing buffers one element at a time takes minutes. */
const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** Random weights that exo would call complete. @returns digests by path */
export async function writeRandomModel(
  modelsFolder: string,
  sizes: readonly number[],
): Promise<Readonly<Record<string, string>>> {
  const folder = join(modelsFolder, modelFolderName(syncedModel));
  const names = sizes.map((_, at) => `model-${String(at + 1).padStart(5, "0")}.safetensors`);
  const weightMap = Object.fromEntries(names.map((name, at) => [`layer.${at}`, name]));
  const files = new Map<string, Buffer>([
    ["config.json", Buffer.from('{"model_type":"gpt_oss"}')],
    ["model.safetensors.index.json", Buffer.from(JSON.stringify({ weight_map: weightMap }))],
  ]);
  for (const [at, name] of names.entries()) files.set(name, randomBytes(sizes[at] ?? 0));
  await mkdir(folder, { recursive: true });
  for (const [name, data] of files) await writeFile(join(folder, name), data);
  return Object.fromEntries([...files].map(([name, data]) => [name, sha256(data)]));
}

/** Digests of everything in a folder, by path. */
export function digestsIn(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(folder, path), sha256(readFileSync(path))];
    }),
  );
}

export interface SyncNodeOptions {
  readonly identity?: TestIdentity;
  readonly uplinkBytesPerSec?: number;
  readonly noProgressMs?: number;
  /** Makes the disk do otherwise. */
  readonly changeDisk?: (disk: ModelDisk) => ModelDisk;
}

/** The part of an agent that copies models, with its own folder and listener, and no controller. */
export async function openSyncNode(name: string, options: SyncNodeOptions = {}) {
  tls.DEFAULT_MIN_VERSION = "TLSv1.3";
  const home = await mkdtemp(join(tmpdir(), `exoctl-sync-${name}-`));
  const models = join(home, "models");
  await mkdir(models);
  const identity = options.identity ?? (await anIdentity(name));
  const placed = openPlacedFoldersRecord(join(home, "placed.json"));
  const registry = await openRegistryDisk(
    { cardsFolder: join(home, "cards"), modelsFolders: [models], linkRecordFile: join(home, "links.json") },
    placed,
  );
  const real = openSyncDisk({ modelsFolders: [models], registry, placed });
  const disk = options.changeDisk?.(real) ?? real;
  const shared = createSharedModels();
  const server = await openPeerFilesServer({ host: "127.0.0.1", port: 0, own: identity, shared, logger: silentLogger });
  const uplink = createRateLimit(options.uplinkBytesPerSec, realClock);
  const parts = {
    disk,
    cache: openManifestCache(home),
    shared,
    dial: createDialPeer(identity),
    clock: realClock,
    random: Math.random,
    logger: silentLogger,
    noProgressMs: options.noProgressMs ?? 5_000,
  };
  const folder = join(models, modelFolderName(syncedModel));
  return {
    name,
    identity,
    home,
    models,
    folder,
    staging: join(models, `.exoctl-sync-${modelFolderName(syncedModel)}`),
    placed,
    disk,
    port: server.port,
    peer: (kind: Peer["kind"]): Peer => ({
      name,
      pin: identity.pin,
      addresses: [{ host: "127.0.0.1", port: server.port }],
      kind,
    }),
    manifest: async (): Promise<ModelManifest> =>
      makeManifest(parts, syncedModel, await sourceOf(disk, syncedModel), () => undefined, never),
    share: (manifest: ModelManifest, readers: readonly { readonly pin: string }[]) =>
      shareWhole(parts, { manifest, readers: readers.map(({ pin }) => pin) }, uplink),
    fetch: (manifest: ModelManifest, peers: readonly Peer[], signal = never) =>
      startFetch(parts, { manifest, peers, limit: uplink }, signal),
    /** Digests of everything in the model's folder, by path. */
    files: () => digestsIn(folder),
    stopServing: server.close,
    close: async (): Promise<void> => {
      await server.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export type SyncNode = Awaited<ReturnType<typeof openSyncNode>>;
