/** One tensor as the header of its file describes it. */
export interface Tensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Where its data begins, counted from the end of the header. */
  readonly start: number;
  /** Bytes of its data. */
  readonly bytes: number;
}

/** Bits of one element, by safetensors' names. */
const bitsByDtype = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U16: 16,
  I16: 16,
  F16: 16,
  BF16: 16,
  U32: 32,
  I32: 32,
  F32: 32,
  U64: 64,
  I64: 64,
  F64: 64,
  C64: 64,
} as const;

export type Dtype = keyof typeof bitsByDtype;

export const isDtype = (text: unknown): text is Dtype => typeof text === "string" && Object.hasOwn(bitsByDtype, text);

/** Numbers that weights, scales and offsets are made of where they are not packed. */
export const isFloat = (dtype: Dtype): boolean => dtype === "BF16" || dtype === "F16" || dtype === "F32";

/** How many numbers a tensor of this shape has; undefined when they can't be counted exactly. */
export function countOf(shape: readonly number[]): number | undefined {
  const count = shape.reduce((product, size) => product * size, 1);
  return Number.isSafeInteger(count) ? count : undefined;
}

/** Bytes of `count` elements; undefined when that is no whole number of bytes. */
export function bytesOf(dtype: Dtype, count: number): number | undefined {
  const bits = count * bitsByDtype[dtype];
  return Number.isSafeInteger(bits) && bits % 8 === 0 ? bits / 8 : undefined;
}
