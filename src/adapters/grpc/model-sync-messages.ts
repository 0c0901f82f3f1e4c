import { z } from "zod";
import { pinPattern } from "../../cluster/spki-pin.js";
import type { FetchProgress, ManifestProgress, ModelOnDisk, Peer } from "../../models/sync/sync-report.js";
import type { FetchProgress as FetchProgressMessage } from "./generated/exoctl/agent/v1/FetchProgress.js";
import type { ManifestProgress as ManifestProgressMessage } from "./generated/exoctl/agent/v1/ManifestProgress.js";
import type { Peer as PeerMessage } from "./generated/exoctl/agent/v1/Peer.js";
import { manifestMessage, readManifestMessage } from "./manifest-messages.js";
import { wordOf } from "./report-messages.js";

const phases = {
  checking: "FETCH_PHASE_CHECKING",
  copying: "FETCH_PHASE_COPYING",
  verifying: "FETCH_PHASE_VERIFYING",
  done: "FETCH_PHASE_DONE",
} as const;
const outcomes = { copied: "FETCH_OUTCOME_COPIED", "already-there": "FETCH_OUTCOME_ALREADY_THERE" } as const;
const kinds = { whole: "PEER_KIND_WHOLE", copy: "PEER_KIND_COPY" } as const;

/** More peers than any cluster has nodes. */
export const mostPeers = 1_000;
const mostAddresses = 16;
/** Reasons that fit into the last message of a manifest beside the manifest itself. */
const mostLeftOut = 100;
const longestLeftOut = 300;

const count = z.number().int().nonnegative();
const name = z.string().min(1).max(256);
export const pin = z.string().regex(pinPattern, "expected a pin");

const peerSchema = z.object({
  name,
  pin,
  addresses: z
    .array(
      z.object({
        host: z.string().regex(/^[0-9A-Za-z.:%_-]{1,255}$/, "expected a host"),
        port: z.number().int().min(1).max(65_535),
      }),
    )
    .max(mostAddresses),
  kind: wordOf(kinds),
});

export const peersSchema = z.array(peerSchema).max(mostPeers);

export const peerMessage = ({ name, pin, addresses, kind }: Peer): PeerMessage => ({
  name,
  pin,
  addresses: addresses.slice(0, mostAddresses).map(({ host, port }) => ({ host, port })),
  kind: kinds[kind],
});

const onDiskSchema = z.object({
  filesPort: z.number().int().min(1).max(65_535),
  complete: z.boolean(),
  files: count,
  bytes: count,
  freeBytes: count,
});

/** @throws ZodError when an agent answers something else than its contract says, as the readers below */
export const readModelOnDisk = (message: unknown): ModelOnDisk => onDiskSchema.parse(message);

export const manifestProgressMessage = ({
  readBytes,
  totalBytes,
  made,
}: ManifestProgress): ManifestProgressMessage => ({
  readBytes,
  totalBytes,
  manifest: made === undefined ? null : manifestMessage(made.manifest),
  leftOut: (made?.leftOut ?? []).slice(0, mostLeftOut).map((line) => line.slice(0, longestLeftOut)),
});

const manifestProgressSchema = z.object({
  readBytes: count,
  totalBytes: count,
  manifest: z.unknown(),
  leftOut: z.array(z.string()),
});

export function readManifestProgress(message: unknown): ManifestProgress {
  const { manifest: made, leftOut, ...progress } = manifestProgressSchema.parse(message);
  if (made === null || made === undefined) return progress;
  const checked = readManifestMessage(made);
  if (checked.kind === "manifest") return { ...progress, made: { manifest: checked.manifest, leftOut } };
  throw new TypeError(checked.problems.join("; "));
}

export const readSentBytes = (message: unknown): number => z.object({ sentBytes: count }).parse(message).sentBytes;

export const fetchProgressMessage = (progress: FetchProgress): FetchProgressMessage => ({
  phase: phases[progress.phase],
  outcome: progress.outcome === undefined ? "FETCH_OUTCOME_UNSPECIFIED" : outcomes[progress.outcome],
  doneBytes: progress.doneBytes,
  totalBytes: progress.totalBytes,
  keptBytes: progress.keptBytes,
  fetched: [...progress.fetchedBytes].map(([source, bytes]) => ({ name: source, bytes })),
});

const fetchProgressSchema = z
  .object({
    phase: wordOf(phases),
    outcome: z.union([z.literal("FETCH_OUTCOME_UNSPECIFIED").transform(() => undefined), wordOf(outcomes)]),
    doneBytes: count,
    totalBytes: count,
    keptBytes: count,
    fetched: z.array(z.object({ name, bytes: count })).max(mostPeers),
  })
  .transform(({ outcome, fetched, ...progress }) => ({
    ...progress,
    ...(outcome === undefined ? {} : { outcome }),
    fetchedBytes: new Map(fetched.map(({ name: source, bytes }) => [source, bytes])),
  }));

export const readFetchProgress = (message: unknown): FetchProgress => fetchProgressSchema.parse(message);
