import { type RegistryFinding, timeText } from "../registry-finding.js";
import { remedyOf } from "./compare-entry.js";
import { describeDrift, remedyText } from "./describe-drift.js";
import { fightWindowMs, isFought, nextMendAt, recentMends } from "./mend-pace.js";
import { isTold, type WatchedEntry } from "./watched-entry.js";

/** What people are told of it now: what is wrong, and whether somebody works against us. */
export function findingsOf(watched: WatchedEntry, now: number): readonly RegistryFinding[] {
  const { entry, drifts, since, trouble } = watched;
  const told = drifts.filter((drift) => isTold(watched, drift));
  return [
    ...told.map((drift): RegistryFinding => {
      const failed = trouble !== undefined && remedyOf(drift) !== "by-hand";
      const fix = failed ? `the last attempt to mend it failed: ${trouble}` : remedyText(drift);
      return { code: drift.kind, message: describeDrift(drift, entry), fix, since: since.get(drift.kind) ?? now };
    }),
    ...fightFinding(watched, now),
  ];
}

/** What was mended a little while ago; no longer wrong, and still worth to know. */
export function recentlyMended({ lastDrift, drifts }: WatchedEntry, now: number): readonly RegistryFinding[] {
  if (lastDrift === undefined || drifts.length > 0 || now - lastDrift.endedAt > fightWindowMs) return [];
  return [{ code: "mended", message: `mended at ${timeText(lastDrift.endedAt)}: ${lastDrift.text}` }];
}

function fightFinding({ entry, history }: WatchedEntry, now: number): readonly RegistryFinding[] {
  if (!isFought(history, now)) return [];
  const mends = recentMends(history, now);
  const message = `the registry entry of ${entry.modelId} is changed again and again: exoctl has mended it ${mends.length} times in ten minutes`;
  const fix = `find out who or what writes there; the next mend is not before ${timeText(nextMendAt(history, now))}`;
  const [since] = mends;
  return [{ code: "fought", message, fix, ...(since === undefined ? {} : { since }) }];
}
