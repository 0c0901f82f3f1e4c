import type { ModelId } from "../../cluster/names.js";
import type { ModelManifest } from "../../models/sync/manifest.js";
import type { FetchProgress, ManifestProgress, ModelOnDisk, Peer } from "../../models/sync/sync-report.js";
import type { Authority, Caller } from "../authority.js";
import { RefusalError } from "../refusal.js";
import type { FetchParts } from "./fetch-request.js";
import { makeManifest, sourceOf } from "./make-manifest.js";
import { createNewestWins } from "./newest-wins.js";
import { bothLimits, createRateLimit, type RateLimit } from "./rate-limit.js";
import { type Reporting, reportWhile, untilAborted } from "./report-while.js";
import { shareWhole } from "./share-whole.js";
import { type Fetching, startFetch } from "./start-fetch.js";

const reportMs = 500;
/** A controller that is away for so long has ended: what it began ends too. */
const lostControllerMs = 30_000;

/** Sends one report; resolves when there is room for the next. */
type Report<T> = (progress: T) => Promise<void>;

/** A limit that the controller asks for, besides this agent's own. */
interface Limited {
  /** On what this agent sends; undefined: none. */
  readonly bytesPerSec: number | undefined;
}

/** The agent's part in copying models between nodes. Everything that acts needs the lease, at its start and while it lasts. */
export interface ModelSync {
  look(id: ModelId): Promise<ModelOnDisk>;
  makeManifest(caller: Caller, id: ModelId, report: Report<ManifestProgress>, signal: AbortSignal): Promise<void>;
  /** Serves the complete model to these keys, until the signal aborts. Reports the bytes that have gone out. */
  share(
    caller: Caller,
    request: Limited & { readonly manifest: ModelManifest; readonly readers: readonly string[] },
    report: Report<number>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Copies the model here and serves it to the other peers, until the signal aborts. A newer one for the same model ends it. */
  fetch(
    caller: Caller,
    request: Limited & { readonly manifest: ModelManifest; readonly peers: readonly Peer[] },
    report: Report<FetchProgress>,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface ModelSyncParts extends FetchParts {
  readonly authority: Authority;
  readonly filesPort: number;
  /** Of the whole agent. */
  readonly uplink: RateLimit;
}

const totalOf = (files: readonly { readonly bytes: number }[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

export function createModelSync(parts: ModelSyncParts): ModelSync {
  const { authority, disk, clock, uplink } = parts;
  const fetches = createNewestWins<ModelId>();
  const limitOf = ({ bytesPerSec }: Limited): RateLimit =>
    bytesPerSec === undefined ? uplink : bothLimits(createRateLimit(bytesPerSec, clock), uplink);
  const reporting = (caller: Caller, tell: () => Promise<void>): Reporting => {
    let heardAt = clock.now();
    return {
      clock,
      everyMs: reportMs,
      tell: async () => {
        if (authority.mayAct(caller)) heardAt = clock.now();
        if (clock.now() - heardAt > lostControllerMs)
          throw new RefusalError("stale_term", "the controller's lease has run out, so its work here has ended");
        await tell();
      },
    };
  };
  return {
    look: async (id) => {
      const found = await disk.findComplete(id);
      const files = found?.files ?? [];
      return {
        filesPort: parts.filesPort,
        complete: found !== undefined,
        files: files.length,
        bytes: totalOf(files),
        freeBytes: await disk.freeBytes(),
      };
    },
    makeManifest: (caller, id, report, signal) =>
      authority.actAlongside("make-manifest", caller, async () => {
        const source = await sourceOf(disk, id);
        const totalBytes = totalOf(source.files);
        let readBytes = 0;
        const onBytes = (bytes: number): void => {
          readBytes += bytes;
        };
        const manifest = await reportWhile(
          reporting(caller, () => report({ readBytes, totalBytes })),
          (both) => makeManifest(parts, id, source, onBytes, both),
          signal,
        );
        await report({ readBytes: totalBytes, totalBytes, made: { manifest, leftOut: source.leftOut } });
      }),
    share: (caller, request, report, signal) =>
      authority.actAlongside("share-model", caller, async () => {
        const sharing = await shareWhole(parts, request, limitOf(request));
        try {
          await report(0);
          await reportWhile(
            reporting(caller, () => report(sharing.sentBytes)),
            untilAborted,
            signal,
          );
        } finally {
          sharing.end();
        }
      }),
    fetch: (caller, request, report, signal) =>
      authority.actAlongside("fetch-model", caller, () =>
        fetches.run(
          request.manifest.modelId,
          new RefusalError("not_possible", "a newer request for the same model has taken over"),
          (mine) => {
            let fetching: Fetching | undefined;
            const tell = async (): Promise<void> => fetching && (await report(fetching.progress()));
            return reportWhile(
              reporting(caller, tell),
              async (both) => {
                fetching = startFetch(parts, { ...request, limit: limitOf(request) }, both);
                try {
                  await fetching.placed;
                  await tell();
                  await untilAborted(both);
                } finally {
                  fetching.end();
                }
              },
              mine,
            );
          },
          signal,
        ),
      ),
  };
}
