import type { Target } from "./serving-model.js";

/**
 * Chooses where one request goes: the ready target with the fewest requests that we have open on it ourselves. exo's own
 * task counts are not asked, because they hold tasks that ended long ago. Ties go to the smallest id, so the same input
 * always gives the same answer.
 *
 * @param outstanding our open requests by target id; absent counts as none
 * @param without ids of targets that this request has already tried
 * @returns undefined when no target is left
 */
export function pickTarget(
  targets: readonly Target[],
  outstanding: ReadonlyMap<string, number>,
  without: ReadonlySet<string> = new Set(),
): Target | undefined {
  let best: Target | undefined;
  let bestLoad = Number.POSITIVE_INFINITY;
  for (const target of targets) {
    if (!target.ready || without.has(target.id)) continue;
    const load = outstanding.get(target.id) ?? 0;
    if (best === undefined || load < bestLoad || (load === bestLoad && target.id < best.id)) {
      best = target;
      bestLoad = load;
    }
  }
  return best;
}
