const neededCounters = ["Pages free", "Pages inactive", "Pages speculative", "Pages purgeable"] as const;

/**
 * Reads `vm_stat`: memory that a new model could take without swapping, close to what exo itself reports as available.
 *
 * @returns bytes; undefined when the page size or one of the counters is missing or odd
 */
export function parseVmStat(text: string): number | undefined {
  const pageBytes = Number(/page size of (\d{4,6}) bytes/.exec(text)?.[1]);
  if (!Number.isInteger(pageBytes)) return undefined;
  const counters = new Map(
    Array.from(
      text.matchAll(/^"?([^":\n]+)"?:\s+([\d,.]*\d)\.$/gm),
      ([, name, pages]) => [name ?? "", Number((pages ?? "").replaceAll(/[.,]/g, ""))] as const,
    ),
  );
  let pages = 0;
  for (const name of neededCounters) {
    const value = counters.get(name);
    if (value === undefined) return undefined;
    pages += value;
  }
  const bytes = pages * pageBytes;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
