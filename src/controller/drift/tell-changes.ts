import type { Logger } from "../../runtime/logger.js";
import { describeDrift } from "./describe-drift.js";
import { fightMends, recentMends } from "./mend-pace.js";
import { isTold, type WatchedEntry } from "./watched-entry.js";

/** Logs what a look has shown for the first time: each drift once, its end once, and once that somebody works against us. */
export function tellChanges(before: WatchedEntry, after: WatchedEntry, now: number, logger: Logger): void {
  const { node, entry } = after;
  const log = logger.child({ node, model: entry.modelId });
  for (const drift of after.drifts) {
    const isNew = !before.drifts.some(({ kind }) => kind === drift.kind);
    if (isNew && isTold(after, drift))
      log.warn("registry entry is not as it should be", { what: describeDrift(drift, entry) });
  }
  const isBack = after.drifts.length === 0 && before.drifts.length > 0;
  if (isBack && before.wasRight) log.info("registry entry is right again", {});
  const isBroken = before.drifts.length === 0 && after.drifts.length > 0;
  if (isBroken && recentMends(after.history, now).length === fightMends)
    log.warn("registry entry is changed again and again, it is mended less often now", {});
}
