/** Fewer or more runs than usual: `EXOCTL_BENCH_SCALE=0.1`. */
export const times = (runs: number): number =>
  Math.max(1, Math.round(runs * Number(process.env.EXOCTL_BENCH_SCALE ?? 1)));

/** The value below which this share of them lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Prints a table in Markdown. */
export function printTable(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  process.stdout.write(`\n${title}\n\n${line(head)}${line(head.map(() => "---"))}${rows.map(line).join("")}`);
}

/** `12.3 ms` or `4.56 s`. */
export const timeText = (ms: number): string => (ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`);

/** `1.2 %`. */
export const shareText = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`;
