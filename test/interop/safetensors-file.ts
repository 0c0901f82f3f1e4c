/** One tensor of 32-bit floats. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A tensor to be filled in. */
export const zeros = (name: string, shape: readonly number[]): Tensor => ({
  name,
  shape,
  values: new Float32Array(shape.reduce((size, length) => size * length, 1)),
});

/** A tensor of one value. */
export function filled(name: string, shape: readonly number[], value: number): Tensor {
  const tensor = zeros(name, shape);
  tensor.values.fill(value);
  return tensor;
}

/** The bytes of a safetensors file: length of the header, header, tensors. For little-endian machines, as all of ours are. */
export function encodeTensors(tensors: readonly Tensor[]): { readonly bytes: Buffer; readonly totalSize: number } {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: "mlx" } };
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const plain = JSON.stringify(header);
  const text = Buffer.from(plain.padEnd(Math.ceil(plain.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const data = tensors.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  return { bytes: Buffer.concat([length, text, ...data]), totalSize: offset };
}
