import { ModelFileError, type ModelFiles } from "./model-files.js";
import { accepted, type ReadResult, refused } from "./read-result.js";
import { prefixBytes, readHeader, readHeaderLength } from "./safetensors-header.js";
import type { Tensor } from "./tensor.js";

/** One file of weights by its header. The tensors' data is never read. */
export interface Shard {
  readonly name: string;
  /** The whole file. */
  readonly bytes: number;
  readonly tensors: readonly Tensor[];
}

/** Reads the header of a safetensors file of `bytes` bytes. */
export async function readShard(files: ModelFiles, name: string, bytes: number): Promise<ReadResult<Shard>> {
  try {
    const length = readHeaderLength(await files.read(name, 0, prefixBytes), bytes);
    if (length.kind === "refused") return length;
    const header = await files.read(name, prefixBytes, length.value);
    if (header.length < length.value) return refused("it became shorter while it was read");
    const tensors = readHeader(header, bytes);
    return tensors.kind === "refused" ? tensors : accepted({ name, bytes, tensors: tensors.value });
  } catch (error) {
    if (error instanceof ModelFileError) return refused(error.why);
    throw error;
  }
}

/** Reads a whole small file, such as config.json; undefined when it is not there. */
export async function readWhole(
  files: ModelFiles,
  name: string,
  maxBytes: number,
): Promise<ReadResult<Uint8Array> | undefined> {
  const found = await files.look(name);
  if (found.kind === "missing") return undefined;
  if (found.kind === "not-a-file") return refused(found.why);
  if (found.bytes > maxBytes) return refused(`it has ${found.bytes} bytes; the limit is ${maxBytes}`);
  try {
    return accepted(await files.read(name, 0, found.bytes));
  } catch (error) {
    if (error instanceof ModelFileError) return refused(error.why);
    throw error;
  }
}
