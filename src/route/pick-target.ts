import type { Target } from "./serving-model.js";

/**
 * Chooses where one request goes: to the copy with the fewest requests that we have open on it ourselves, and there to the
 * ready target with the fewest. exo's own task counts are not asked, because they hold tasks that ended long ago. A copy that
 * this request has tried already comes last: what ails one of its nodes ails all of them. Ties go to the smallest id, so the
 * same input always gives the same answer.
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
  const copies = new Map<string, { load: number; tried: number }>();
  for (const { id, copy } of targets) {
    const known = copies.get(copy) ?? { load: 0, tried: 0 };
    known.load += outstanding.get(id) ?? 0;
    if (without.has(id)) known.tried = 1;
    copies.set(copy, known);
  }
  const rankOf = ({ id, copy }: Target): readonly number[] => {
    const { load = 0, tried = 0 } = copies.get(copy) ?? {};
    return [tried, load, outstanding.get(id) ?? 0];
  };
  return targets
    .filter((target) => target.ready && !without.has(target.id))
    .reduce<Target | undefined>((best, target) => {
      if (best === undefined) return target;
      const order = compareRanks(rankOf(target), rankOf(best));
      return order < 0 || (order === 0 && target.id < best.id) ? target : best;
    }, undefined);
}

/** The first number that differs decides. */
function compareRanks(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((rank, index) => rank !== right[index]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}
