import type { LayerRange } from "../../cluster/layer-range.js";
import type { ClassicDownload } from "../../inventory/classic-exo.js";
import { broken, countIn, entriesOf, field, idIn, type Parsed, parsing, shownNumber } from "./fields.js";

const mostNodes = 256;
const mostLayers = 10_000;
const states: Readonly<Record<string, ClassicDownload["state"]>> = {
  not_started: "not-started",
  in_progress: "in-progress",
  complete: "complete",
};

/** The answer of `GET /v1/download/progress`. One broken line breaks it whole: what is left out would read as finished. */
export function parseDownloads(raw: unknown): Parsed<ReadonlyMap<string, ClassicDownload>> {
  return parsing(
    () => new Map(entriesOf(raw, mostNodes, "progress").map(([node, event]) => [node, downloadIn(event)])),
  );
}

function downloadIn(raw: unknown): ClassicDownload {
  const shard = field(raw, "shard");
  const modelLayers = countIn(field(shard, "n_layers"), mostLayers, "n_layers");
  const bytes = (name: string): number => countIn(field(raw, name), Number.MAX_SAFE_INTEGER, name);
  const files = (name: string): number => countIn(field(raw, name), 1_000_000, name);
  const [downloadedBytes, totalBytes] = [bytes("downloaded_bytes"), bytes("total_bytes")];
  const word = field(raw, "status");
  const state = typeof word === "string" && Object.hasOwn(states, word) ? states[word] : undefined;
  const speed = shownNumber(field(raw, "overall_speed"));
  return {
    modelId: idIn(field(shard, "model_id"), "model_id"),
    repo: idIn(field(raw, "repo_id"), "repo_id"),
    layers: rangeIn(shard, modelLayers),
    modelLayers,
    // A word of exo that contradicts its own numbers is not believed.
    state: state === "complete" && downloadedBytes < totalBytes ? "unknown" : (state ?? "unknown"),
    downloadedBytes,
    totalBytes,
    completedFiles: files("completed_files"),
    totalFiles: files("total_files"),
    ...(speed === 0 ? {} : { bytesPerSecond: speed }),
  };
}

/** exo names the first and the last layer. */
function rangeIn(shard: unknown, modelLayers: number): LayerRange {
  const start = countIn(field(shard, "start_layer"), mostLayers, "start_layer");
  const last = countIn(field(shard, "end_layer"), mostLayers, "end_layer");
  return start <= last && last < modelLayers ? { start, end: last + 1 } : broken("shard", "layers of the model");
}
