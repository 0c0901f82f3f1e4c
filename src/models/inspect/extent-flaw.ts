import type { Tensor } from "./tensor.js";

/**
 * What is wrong with where the tensors of a file lie: gaps and overlaps, and data that is shorter or longer than the file.
 * A download that broke off, the most common fault, shows as missing bytes.
 *
 * @param dataBytes bytes of the file after its header
 */
export function findExtentFlaw(tensors: readonly Tensor[], dataBytes: number): string | undefined {
  const inOrder = tensors.toSorted((left, right) => left.start - right.start || left.bytes - right.bytes);
  let end = 0;
  for (const { name, start, bytes } of inOrder) {
    if (start < end) return `tensor ${JSON.stringify(name)} overlaps the one before it by ${end - start} bytes`;
    if (start > end) return `nothing covers the ${start - end} bytes before tensor ${JSON.stringify(name)}`;
    end += bytes;
  }
  if (end > dataBytes) return `it is cut off: ${end - dataBytes} of its ${end} bytes of data are missing`;
  if (end < dataBytes) return `${dataBytes - end} bytes follow its last tensor`;
  return undefined;
}
