import type { Quantization } from "./model-spec.js";

/** Bits that one weight takes in each kind of matrix. Biases, norms and sinks are 16-bit everywhere. */
export interface MatrixBits {
  /** Attention, embedding and output head. */
  readonly dense: number;
  readonly router: number;
  readonly expert: number;
}

/** MXFP4: 4-bit values with one 8-bit scale per 32 of them. */
const mxfp4Bits = 4 + 8 / 32;
/** Affine group quantisation adds a 16-bit scale and a 16-bit offset per group. */
const affineBits = (bits: number, group: number): number => bits + 32 / group;
const bf16Bits = 16;

/** mlx-lm keeps the router at 8 bits in groups of 64 whenever it quantises gpt-oss (`quant_predicate`). */
const quantizedRouter = affineBits(8, 64);

const bitsByQuantization: Readonly<Record<Quantization, MatrixBits>> = {
  "MXFP4-Q8": { dense: affineBits(8, 64), router: quantizedRouter, expert: mxfp4Bits },
  "MXFP4-Q4": { dense: affineBits(4, 64), router: quantizedRouter, expert: mxfp4Bits },
  "affine-4": { dense: affineBits(4, 64), router: quantizedRouter, expert: affineBits(4, 64) },
  "affine-8": { dense: affineBits(8, 64), router: quantizedRouter, expert: affineBits(8, 64) },
  bf16: { dense: bf16Bits, router: bf16Bits, expert: bf16Bits },
};

/** Every quantisation we have sizes for. */
export const quantizations = Object.keys(bitsByQuantization) as readonly Quantization[];

/** Bits per weight of each kind of matrix (placement reference 1.3). */
export const matrixBits = (quantization: Quantization): MatrixBits => bitsByQuantization[quantization];

/** Bytes of `weights` numbers at `bits` each. Exact for every matrix of gpt-oss. */
export const packedBytes = (weights: number, bits: number): number => (weights * bits) / 8;

/** Bytes of numbers that are never quantised. */
export const bytes16 = (numbers: number): number => numbers * 2;
