/** How a tensor's numbers are written. BF16 is the upper half of a 32-bit float. */
type Dtype = "F32" | "BF16" | "U32" | "U8";

/** One tensor as it lies in a file. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly values: Float32Array | Uint32Array | Uint16Array | Uint8Array;
}

/** One tensor of plain numbers, to be filled in. */
export interface PlainTensor extends Tensor {
  readonly dtype: "F32";
  readonly values: Float32Array;
}

/** A tensor to be filled in. */
export const zeros = (name: string, shape: readonly number[]): PlainTensor => ({
  name,
  shape,
  dtype: "F32",
  values: new Float32Array(shape.reduce((size, length) => size * length, 1)),
});

/** A tensor of one value. */
export function filled(name: string, shape: readonly number[], value: number): PlainTensor {
  const tensor = zeros(name, shape);
  tensor.values.fill(value);
  return tensor;
}

/** The same in half the bytes, as models are published. @throws where a value would not stay what it is */
export function asBfloat16({ name, shape, values }: PlainTensor): Tensor {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const lost = bits.findIndex((word) => (word & 0xffff) !== 0);
  if (lost !== -1) throw new Error(`${name}: ${values[lost]} is no 16-bit float`);
  return { name, shape, dtype: "BF16", values: Uint16Array.from(bits, (word) => word >>> 16) };
}

/** The bytes of a safetensors file: length of the header, header, tensors. For little-endian machines, as all of ours are. */
export function encodeTensors(tensors: readonly Tensor[]): { readonly bytes: Buffer; readonly totalSize: number } {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: "mlx" } };
  for (const { name, shape, dtype, values } of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const plain = JSON.stringify(header);
  const text = Buffer.from(plain.padEnd(Math.ceil(plain.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const data = tensors.map((tensor) =>
    Buffer.from(tensor.values.buffer, tensor.values.byteOffset, tensor.values.byteLength),
  );
  return { bytes: Buffer.concat([length, text, ...data]), totalSize: offset };
}
