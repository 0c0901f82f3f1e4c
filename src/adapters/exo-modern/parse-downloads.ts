import { exoNodeId } from "../../cluster/names.js";
import type { ExoDownload } from "../../inventory/exo-state.js";
import { bytes, entriesOf, type Fields, field, isFields, present, tagged, text } from "./fields.js";

const states: Readonly<Record<string, ExoDownload["state"]>> = {
  DownloadPending: "pending",
  DownloadOngoing: "ongoing",
  DownloadCompleted: "completed",
  DownloadFailed: "failed",
};

/** Reads `downloads`: a list per node, one entry per model. */
export function parseDownloads(raw: unknown, problems: string[]): ExoDownload[] {
  if (raw !== undefined && !isFields(raw)) problems.push("downloads: not an object");
  return entriesOf(raw).flatMap(([node, list]) => {
    if (!Array.isArray(list)) problems.push("downloads: the entry of a node is not a list");
    const items: unknown[] = Array.isArray(list) ? list : [];
    const downloads = items.map((item) => parseDownload(node, item));
    if (downloads.includes(undefined)) problems.push("downloads: an entry is not understood");
    return downloads.filter((download) => download !== undefined);
  });
}

function parseDownload(node: string, raw: unknown): ExoDownload | undefined {
  const union = tagged(raw);
  if (union === undefined) return undefined;
  const shard = tagged(field(union.body, "shardMetadata"))?.body;
  const card = field(shard, "modelCard") ?? field(shard, "modelMeta");
  const modelId = text(field(card, "modelId"));
  if (modelId === undefined) return undefined;
  const state = Object.hasOwn(states, union.tag) ? (states[union.tag] ?? "unknown") : "unknown";
  return { nodeId: exoNodeId(node), modelId, state, ...present(sizes(union.body, state)) };
}

/** Sizes are on the entry itself, or inside its progress; 1.0.64 to 1.0.67 end the names in `Bytes`. */
function sizes(
  body: Fields,
  state: ExoDownload["state"],
): { totalBytes: number | undefined; downloadedBytes: number | undefined; error: string | undefined } {
  const progress = field(body, "downloadProgress") ?? body;
  const totalBytes = bytes(field(progress, "total")) ?? bytes(field(progress, "totalBytes"));
  const downloaded = bytes(field(progress, "downloaded")) ?? bytes(field(progress, "downloadedBytes"));
  return {
    totalBytes,
    downloadedBytes: state === "completed" ? (downloaded ?? totalBytes) : downloaded,
    error: text(field(body, "errorMessage")),
  };
}
