import type { SyncedNode } from "./sync-api.js";

/** `63.3 GB`, `12 kB`: decimal, as disks and networks count. */
export function byteText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return bytes >= 1e3 ? `${Math.round(bytes / 1e3)} kB` : `${bytes} bytes`;
}

const timeText = (ms: number): string => {
  const seconds = ms / 1_000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
};

/** One line for people: how the copy on one node went. @param totalBytes of the model */
export function endText(
  { node, outcome, keptBytes, fetchedBytes, tookMs, problem }: SyncedNode,
  totalBytes: number,
): string {
  switch (outcome) {
    case "failed":
      return `${node}: failed: ${problem ?? "no reason was given"}`;
    case "already-there":
      return `${node}: has it already, byte for byte`;
    case "copied": {
      const from = Object.entries(fetchedBytes).map(([source, bytes]) => `${byteText(bytes)} from ${source}`);
      const kept = keptBytes === 0 ? [] : [`${byteText(keptBytes)} of an earlier attempt`];
      return `${node}: ${byteText(totalBytes)} copied and verified in ${timeText(tookMs)} (${[...from, ...kept].join(", ")})`;
    }
    default:
      return outcome satisfies never;
  }
}
