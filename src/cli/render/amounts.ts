const bytesPerGib = 2 ** 30;

/** `27.1`: GiB with one decimal, for where the unit stands beside it. */
export const gib = (bytes: number): string => (bytes / bytesPerGib).toFixed(1);

/** `27.1 GiB`. */
export const gibText = (bytes: number): string => `${gib(bytes)} GiB`;

/** `71.2 tokens/s`. */
export const rateText = (tokensPerSec: number): string =>
  `${tokensPerSec.toFixed(tokensPerSec < 100 ? 1 : 0)} tokens/s`;

/** `±25 %`. */
export const bandText = (fraction: number): string => `±${Math.round(fraction * 100)} %`;

/** `14.1 ms`. */
export const millisText = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`;

/** `0-13`: layers with both ends included, as people count them. */
export const layersText = (start: number, end: number): string =>
  end - start === 1 ? `${start}` : `${start}-${end - 1}`;

/** `1 node`, `3 nodes`. */
export const countText = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

const steps = [
  { name: "B", decimal: 1, binary: 1 },
  { name: "kB", decimal: 1e3, binary: 2 ** 10 },
  { name: "MB", decimal: 1e6, binary: 2 ** 20 },
  { name: "GB", decimal: 1e9, binary: 2 ** 30 },
] as const;

/** `63.25 GB (58.91 GiB)`: as disks and downloads count, and as memory does. */
export function sizeText(bytes: number): string {
  const step = steps.findLast(({ decimal }) => bytes >= decimal);
  if (step === undefined || step.decimal === 1) return `${bytes} bytes`;
  const binaryName = step.name.replace("B", "iB").replace("k", "K");
  return `${(bytes / step.decimal).toFixed(2)} ${step.name} (${(bytes / step.binary).toFixed(2)} ${binaryName})`;
}
