import type { Change } from "./reason.js";

/** `Serve a context of 8192 tokens, or serve 2 at a time, or add another Mac with 64 GiB of memory or more (m4max-64).` */
export function describeChanges(changes: readonly Change[]): string {
  const text = changes.map(describeChange).join(", or ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** The changes of a reason, in words and in data; nothing where there are none. */
export const fixOf = (changes: readonly Change[]) =>
  changes.length === 0 ? {} : { fix: describeChanges(changes), changes };

function describeChange(change: Change): string {
  switch (change.kind) {
    case "context":
      return `serve a context of ${change.contextTokens} tokens`;
    case "concurrency":
      return `serve ${change.concurrency} at a time`;
    case "workload":
      return `serve a context of ${change.contextTokens} tokens and ${change.concurrency} at a time`;
    case "uncordon":
      return `uncordon ${change.node}`;
    case "maxNodes":
      return `raise maxNodes to ${change.maxNodes}`;
    case "link":
      return change.directions === "both"
        ? `connect ${change.from} and ${change.to}`
        : `add a link from ${change.from} to ${change.to}`;
    case "node": {
      const macs = change.count === 1 ? "another Mac" : `${change.count} more Macs`;
      return `add ${macs} with ${change.memoryGib} GiB of memory or more (such as ${change.add})`;
    }
    default:
      return change satisfies never;
  }
}
