import { asBfloat16, filled, type PlainTensor, type Tensor } from "./safetensors-file.js";

/** What 4 bits of MXFP4 stand for, times the scale of their group. With 8 added to the code it is negative. */
const fourBitValues = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
/** Scales are powers of two, written as their exponent and this. */
const exponentBias = 127;

/** How mlx-lm is told of it: `quantization` in config.json, for all matrices that are not named there. */
export const mxfp4 = { group_size: 32, bits: 4, mode: "mxfp4" };
/** The same for those that are, such as the router. */
export const affine8 = { group_size: 64, bits: 8, mode: "affine" };

/**
 * A matrix as gpt-oss stores its experts: 4 bits a number, and one scale for 32 of them, the largest power of two by which
 * the largest number is still one of the eight.
 *
 * @throws where a value would not stay what it is
 */
export function asMxfp4({ name, shape, values }: PlainTensor): readonly Tensor[] {
  const { group_size: group } = mxfp4;
  const words = new Uint32Array(values.length / 8);
  const scales = new Uint8Array(values.length / group);
  for (let start = 0; start < values.length; start += group) {
    const numbers = values.subarray(start, start + group);
    const largest = numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (largest === 0) {
      scales[start / group] = exponentBias;
      continue;
    }
    const exponent = Math.floor(Math.log2(largest)) - 2; // 4 is 2 to the power of 2, and 6 is below the next
    scales[start / group] = exponent + exponentBias;
    numbers.forEach((value, index) => {
      const code = fourBitValues.indexOf(Math.abs(value) / 2 ** exponent);
      if (code === -1) throw new Error(`${name}: ${value} is no number of MXFP4 beside ${largest}`);
      const position = start + index;
      const word = position >>> 3;
      words[word] = (words[word] ?? 0) | ((value < 0 ? code + 8 : code) << (4 * (position % 8)));
    });
  }
  return packed(name, shape, 4, words, [
    { name: siblingOf(name, "scales"), shape: grouped(shape, group), dtype: "U8", values: scales },
  ]);
}

/**
 * A matrix as MLX stores all others of gpt-oss: 8 bits a number, with a scale and an offset for 64 of them. The offset is 0
 * here.
 *
 * @param step the scale: every value is so often a multiple of it as fits in 8 bits
 * @throws where a value would not stay what it is
 */
export function asAffine8({ name, shape, values }: PlainTensor, step: number): readonly Tensor[] {
  const codes = new Uint8Array(values.length);
  for (const [index, value] of values.entries()) {
    codes[index] = value / step;
    if (codes[index] * step !== value)
      throw new Error(`${name}: ${value} is no multiple of ${step} that fits in 8 bits`);
  }
  const groups = grouped(shape, affine8.group_size);
  return packed(name, shape, 8, new Uint32Array(codes.buffer), [
    asBfloat16(filled(siblingOf(name, "scales"), groups, step)),
    asBfloat16(filled(siblingOf(name, "biases"), groups, 0)),
  ]);
}

const packed = (
  name: string,
  shape: readonly number[],
  bits: number,
  words: Uint32Array,
  groups: readonly Tensor[],
): readonly Tensor[] => [{ name, shape: grouped(shape, 32 / bits), dtype: "U32", values: words }, ...groups];

/** The shape of what holds one number for `size` of a row. */
const grouped = (shape: readonly number[], size: number): readonly number[] => [
  ...shape.slice(0, -1),
  (shape.at(-1) ?? 0) / size,
];

const siblingOf = (name: string, what: string): string => name.replace(/weight$/, what);
