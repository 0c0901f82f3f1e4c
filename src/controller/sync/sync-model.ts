import type { ModelId, NodeName } from "../../cluster/names.js";
import type { ClusterSpec } from "../../config/cluster-spec.js";
import { catalogueNames, entryFor } from "../../models/catalogue.js";
import { type ModelManifest, manifestBytes, manifestDigest } from "../../models/sync/manifest.js";
import type { ModelOnDisk } from "../../models/sync/sync-report.js";
import { readModelId } from "../../register/entry-schema.js";
import type { Clock } from "../../runtime/clock.js";
import type { Logger } from "../../runtime/logger.js";
import { Problem } from "../../runtime/problem.js";
import type { ProgressLine } from "../progress-line.js";
import { chooseNodes } from "./choose-nodes.js";
import { runSync } from "./run-sync.js";
import type { ModelSyncApi, SyncedNode, SyncRequest, SyncSummary } from "./sync-api.js";
import type { SyncNodes } from "./sync-nodes.js";
import { type NodeProgress, progressText, withReport } from "./sync-progress.js";
import { byteText, endText } from "./sync-texts.js";

export interface SyncDeps {
  readonly nodes: SyncNodes;
  readonly spec: () => ClusterSpec;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends with the controller. */
  readonly lifetime: AbortSignal;
}

type Report = (line: ProgressLine) => void;

/** Copies of models, one at a time for each model. */
export interface ModelSync extends ModelSyncApi {
  /** Resolves when no copy of this model is under way. */
  settled(id: ModelId): Promise<void>;
}

export function createModelSync(deps: SyncDeps): ModelSync {
  const underWay = new Map<ModelId, Promise<unknown>>();
  return {
    settled: async (id) => {
      while (underWay.has(id)) await Promise.allSettled([underWay.get(id)]);
    },
    syncModel: async (request, report, signal) => {
      const id = idOf(request, deps.spec());
      if (underWay.has(id))
        throw new Problem(
          "failed",
          "sync_under_way",
          `${id} is being copied already`,
          "Wait for it, or end it with Ctrl-C there.",
        );
      const copy = syncModel(deps, id, request, report, AbortSignal.any([signal, deps.lifetime])).finally(() =>
        underWay.delete(id),
      );
      underWay.set(id, copy);
      return await copy;
    },
  };
}

/** The id whose folder is copied. @throws Problem when the model is not known */
function idOf({ model, quantization }: SyncRequest, spec: ClusterSpec): ModelId {
  if (catalogueNames.includes(model)) {
    const written = spec.models.find(({ name }) => name === model)?.quantization;
    return entryFor(model, quantization ?? written ?? "MXFP4-Q8", "own").weightsOf;
  }
  const id = readModelId(model);
  if (id !== undefined) return id;
  const hint = `Write one of ${catalogueNames.join(", ")}, or an id such as mlx-community/gpt-oss-120b-MXFP4-Q8.`;
  throw new Problem("usage", "unknown_model", `there is no model named ${JSON.stringify(model)}`, hint);
}

async function syncModel(
  deps: SyncDeps,
  id: ModelId,
  request: SyncRequest,
  report: Report,
  signal: AbortSignal,
): Promise<SyncSummary> {
  const candidates = await deps.nodes.look(id, signal);
  const { sources, targets, silent } = chooseNodes(request, id, candidates);
  const onDisk = new Map(
    candidates.flatMap((one) => (one.onDisk === undefined ? [] : [[one.name, one.onDisk] as const])),
  );
  const [first] = sources;
  const has = first === undefined ? undefined : onDisk.get(first);
  const failed = [...silent].map(([node, problem]) => failure(node, problem));
  for (const node of failed) report({ kind: "info", text: endText(node, 0) });
  const base = { model: id, bytes: has?.bytes ?? 0, files: has?.files ?? 0, sources };
  if (first === undefined || targets.length === 0) return { ...base, leftOut: [], nodes: failed };
  const { manifest, leftOut } = await manifestFrom(deps, first, id, report, signal);
  const nodes = await copyAll(deps, { manifest, sources, targets, onDisk, request }, report, signal);
  return {
    ...base,
    bytes: manifestBytes(manifest),
    manifest: manifestDigest(manifest),
    leftOut,
    nodes: [...nodes, ...failed],
  };
}

const failure = (node: NodeName, problem: string): SyncedNode => ({
  node,
  outcome: "failed",
  keptBytes: 0,
  fetchedBytes: {},
  tookMs: 0,
  problem,
});

/** Lets a node state what a copy consists of; it reads everything once and remembers it. */
async function manifestFrom(
  { nodes }: SyncDeps,
  source: NodeName,
  id: ModelId,
  report: Report,
  signal: AbortSignal,
): Promise<{ readonly manifest: ModelManifest; readonly leftOut: readonly string[] }> {
  const text = `${source} states what ${id} consists of`;
  report({ kind: "begin", text });
  for await (const { readBytes, totalBytes, made } of nodes.link(source).sync.makeManifest(id, signal)) {
    if (made === undefined) {
      report({ kind: "note", text: `${byteText(readBytes)} of ${byteText(totalBytes)} read` });
      continue;
    }
    report({ kind: "end", text, outcome: `${made.manifest.files.length} files, ${byteText(totalBytes)}` });
    return made;
  }
  throw new Problem("failed", "no_manifest", `${source} did not say what ${id} consists of`, "Run the command again.");
}

interface Decided {
  readonly manifest: ModelManifest;
  readonly sources: readonly NodeName[];
  readonly targets: readonly NodeName[];
  readonly onDisk: ReadonlyMap<NodeName, ModelOnDisk>;
  readonly request: SyncRequest;
}

async function copyAll(
  { nodes, clock, logger }: SyncDeps,
  { manifest, sources, targets, onDisk, request }: Decided,
  report: Report,
  signal: AbortSignal,
): Promise<readonly SyncedNode[]> {
  const text = `copy ${manifest.modelId} to ${targets.join(", ")}`;
  const progress = new Map<string, NodeProgress>();
  const peersOf = (target: NodeName) =>
    [...sources, ...targets].flatMap((name) => {
      const disk = onDisk.get(name);
      if (name === target || disk === undefined) return [];
      return [nodes.peer(name, target, sources.includes(name) ? "whole" : "copy", disk)];
    });
  report({ kind: "begin", text });
  const results = await runSync(
    {
      manifest,
      sources,
      targets,
      peersOf,
      bytesPerSec: request.bytesPerSec,
      nodes,
      clock,
      logger,
      onProgress: (node, latest) => {
        progress.set(node, withReport(progress.get(node), latest, clock.now()));
        report({ kind: "note", text: progressText(progress) });
      },
      onEnd: (node) => report({ kind: "info", text: endText(node, manifestBytes(manifest)) }),
    },
    signal,
  );
  const failures = results.filter(({ outcome }) => outcome === "failed").length;
  report({
    kind: "end",
    text,
    outcome: failures === 0 ? "complete and verified" : `${failures} of ${results.length} failed`,
  });
  return results;
}
