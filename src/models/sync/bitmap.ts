/** One bit for each piece of a manifest: bit `n & 7` of byte `n >> 3`. */
export type Bitmap = Uint8Array;

export const bitmapBytes = (count: number): number => Math.ceil(count / 8);

export const emptyBitmap = (count: number): Bitmap => new Uint8Array(bitmapBytes(count));

export function fullBitmap(count: number): Bitmap {
  const bitmap = emptyBitmap(count);
  for (let bit = 0; bit < count; bit += 1) setBit(bitmap, bit);
  return bitmap;
}

export const hasBit = (bitmap: Bitmap, bit: number): boolean => (((bitmap[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1;

export function setBit(bitmap: Bitmap, bit: number): void {
  bitmap[bit >> 3] = (bitmap[bit >> 3] ?? 0) | (1 << (bit & 7));
}

export function clearBit(bitmap: Bitmap, bit: number): void {
  bitmap[bit >> 3] = (bitmap[bit >> 3] ?? 0) & ~(1 << (bit & 7));
}
