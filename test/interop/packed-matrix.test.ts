import fc from "fast-check";
import { expect, test } from "vitest";
import { asAffine8, asMxfp4 } from "./packed-matrix.js";
import { filled, type Tensor, zeros } from "./safetensors-file.js";

const matrixOf = (rows: readonly (readonly number[])[]) => {
  const matrix = zeros("some.weight", [rows.length, rows[0]?.length ?? 0]);
  matrix.values.set(rows.flat());
  return matrix;
};
const valuesOf = (tensors: readonly Tensor[], name: string): Tensor["values"] =>
  tensors.find((tensor) => tensor.name === `some.${name}`)?.values ?? new Uint8Array();

/** A float of 4 bits as the MX specification writes it: sign, two bits of exponent, one of mantissa. */
function e2m1(code: number): number {
  const [sign, exponent, mantissa] = [code & 8 ? -1 : 1, (code >> 1) & 3, code & 1];
  return sign * (exponent === 0 ? mantissa / 2 : (1 + mantissa / 2) * 2 ** (exponent - 1));
}

function unpackMxfp4(tensors: readonly Tensor[]): number[] {
  const [words, scales] = [valuesOf(tensors, "weight"), valuesOf(tensors, "scales")];
  return Array.from({ length: words.length * 8 }, (_, index) => {
    const code = ((words[index >> 3] ?? 0) >>> (4 * (index % 8))) & 15;
    return e2m1(code) * 2 ** ((scales[index >> 5] ?? 0) - 127);
  });
}

/** The largest is 4 or 6 times the scale, as the scale follows the largest. No zero has a sign. */
const group = fc
  .tuple(
    fc.integer({ min: -20, max: 20 }),
    fc.constantFrom(6, 7, 14, 15),
    fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 31, maxLength: 31 }),
  )
  .map(([exponent, first, others]) => [first, ...others].map((code) => e2m1(code) * 2 ** exponent + 0));
const nothing = fc.constant(Array.from({ length: 32 }, () => 0));

test("a matrix in MXFP4 is what it was", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(group, nothing), { minLength: 1, maxLength: 4 }), (rows) => {
      const packed = asMxfp4(matrixOf(rows));
      expect(packed.map(({ name, dtype, shape }) => [name, dtype, ...shape])).toEqual([
        ["some.weight", "U32", rows.length, 4],
        ["some.scales", "U8", rows.length, 1],
      ]);
      expect(unpackMxfp4(packed)).toEqual(rows.flat());
    }),
  );
});

test("a matrix in 8 bits is what it was", () => {
  const row = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 3 }), (rows) => {
      const packed = asAffine8(matrixOf(rows.map((codes) => codes.map((code) => code / 8))), 1 / 8);
      const words = valuesOf(packed, "weight");
      expect([...new Uint8Array(words.buffer)]).toEqual(rows.flat());
      expect(packed.map(({ name, dtype, shape }) => [name, dtype, ...shape])).toEqual([
        ["some.weight", "U32", rows.length, 16],
        ["some.scales", "BF16", rows.length, 1],
        ["some.biases", "BF16", rows.length, 1],
      ]);
      // 1/8 as a 16-bit float: sign 0, exponent 127 - 3, no mantissa.
      expect([...valuesOf(packed, "scales")]).toEqual(rows.map(() => (127 - 3) << 7));
    }),
  );
});

test("what would not stay what it is is refused", () => {
  expect(() => asMxfp4(filled("some.weight", [1, 32], 1 / 7))).toThrow("no number of MXFP4");
  expect(() => asAffine8(filled("some.weight", [1, 64], 256), 1)).toThrow("fits in 8 bits");
  expect(() => asAffine8(filled("some.weight", [1, 64], 1), 1 / 3)).toThrow("no 16-bit float");
});
