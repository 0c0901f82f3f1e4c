import { membersOf, readBoundedJson } from "./bounded-json.js";
import { findExtentFlaw } from "./extent-flaw.js";
import { accepted, type ReadResult, refused } from "./read-result.js";
import { bytesOf, countOf, isDtype, type Tensor } from "./tensor.js";

/** A file starts with the length of its header as a 64-bit number, lowest byte first. */
export const prefixBytes = 8;

/** The limit of the safetensors library itself. */
const maxHeaderBytes = 100_000_000;

/** The header, a tensor, its shape. */
const maxDepth = 3;
const maxRank = 16;
const maxNameLength = 1024;

/** Reads the length of the header from the first 8 bytes of a file that has `fileBytes` bytes. */
export function readHeaderLength(prefix: Uint8Array, fileBytes: number): ReadResult<number> {
  if (prefix.length < prefixBytes) return refused(`it is cut off after ${prefix.length} bytes`);
  const stated = new DataView(prefix.buffer, prefix.byteOffset, prefixBytes).getBigUint64(0, true);
  if (stated < 2n) return refused(`its header is said to have ${stated} bytes; it has no header`);
  if (stated > BigInt(maxHeaderBytes))
    return refused(`its header is said to have ${stated} bytes; the limit is 100 MB`);
  const length = Number(stated);
  if (length > fileBytes - prefixBytes)
    return refused(`its header is said to have ${length} bytes, but only ${fileBytes - prefixBytes} follow`);
  return accepted(length);
}

/**
 * Reads a header: every tensor with a proper name, type and shape, and data that fills the file to its last byte without gaps
 * or overlaps.
 *
 * @param header the JSON, without the length before it
 * @param fileBytes the size of the whole file
 */
export function readHeader(header: Uint8Array, fileBytes: number): ReadResult<readonly Tensor[]> {
  if (header[0] !== 0x7b) return refused("its header does not begin with a brace; it is no safetensors file");
  const json = readBoundedJson(header, maxDepth);
  if (json.kind === "refused") return refused(`its header is refused: ${json.why}`);
  const tensors: Tensor[] = [];
  for (const [name, entry] of membersOf(json.value) ?? []) {
    if (name === "__metadata__") {
      if ([...(membersOf(entry)?.values() ?? [undefined])].every((text) => typeof text === "string")) continue;
      return refused("its __metadata__ is not a mapping of texts");
    }
    const tensor = readTensor(name, entry);
    if (tensor.kind === "refused") return refused(`tensor ${shown(name)}: ${tensor.why}`);
    tensors.push(tensor.value);
  }
  const flaw = findExtentFlaw(tensors, fileBytes - prefixBytes - header.length);
  return flaw === undefined ? accepted(tensors) : refused(flaw);
}

const shown = (name: string): string => JSON.stringify(name.length > 100 ? `${name.slice(0, 99)}…` : name);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function readTensor(name: string, entry: unknown): ReadResult<Tensor> {
  const fields = membersOf(entry);
  if (name === "__proto__" || name === "") return refused("no tensor may be called that");
  if (name.length > maxNameLength) return refused(`its name has more than ${maxNameLength} characters`);
  if (fields === undefined) return refused("it is not a mapping");
  const dtype = fields.get("dtype");
  if (!isDtype(dtype)) return refused(`its dtype ${shown(String(dtype))} is unknown`);
  const shape: unknown = fields.get("shape");
  if (!Array.isArray(shape) || shape.length > maxRank || !shape.every(isCount))
    return refused("its shape is not a list of sizes");
  const offsets: unknown = fields.get("data_offsets");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    return refused("its data_offsets are not two whole numbers from 0 up");
  const [start = 0, end = 0] = offsets as readonly number[];
  const count = countOf(shape);
  const bytes = count === undefined ? undefined : bytesOf(dtype, count);
  if (bytes === undefined) return refused("its shape stands for more than any file holds, or for parts of a byte");
  if (end - start !== bytes)
    return refused(`its data_offsets span ${end - start} bytes, but its shape and dtype need ${bytes}`);
  return accepted({ name, dtype, shape, start, bytes });
}
