const unitBytes: Readonly<Record<string, number>> = {
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** What a size looks like: an amount and its unit, such as `3GiB`, `1.5 GiB` or `24GB`. */
export const sizePattern = /^(\d{1,6}(?:\.\d{1,3})?) ?([KMGT]i?B)$/;

/**
 * Reads a size as bytes: `3GiB` is 3 * 2^30, `24GB` is 24 * 10^9.
 *
 * @throws RangeError when the text does not match `sizePattern`; check it first.
 */
export function parseSize(text: string): number {
  const [, amount, unit] = sizePattern.exec(text) ?? [];
  const factor = unitBytes[unit ?? ""];
  if (amount === undefined || factor === undefined) throw new RangeError(`not a size: ${JSON.stringify(text)}`);
  return Math.round(Number(amount) * factor);
}
