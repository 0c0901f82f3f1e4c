import type { PackedAs, StatedQuantization } from "./stated-quantization.js";
import { isFloat, type Tensor } from "./tensor.js";

/** How the numbers of a module are stored. */
export type Storage =
  | { readonly kind: "packed"; readonly as: PackedAs }
  | { readonly kind: "plain"; readonly dtype: string }
  /** Something that mlx-lm does not read as weights. */
  | { readonly kind: "foreign"; readonly dtype: string };

/** The tensors that belong together: a matrix with what unpacks it. */
export interface ModuleParts {
  readonly weight?: Tensor;
  /** OpenAI's and Hugging Face's MXFP4: 16 bytes with 32 numbers in each. */
  readonly blocks?: Tensor;
  readonly scales?: Tensor;
  readonly biases?: Tensor;
}

/** Storage and, for packed matrices, the shape after unpacking; or what does not fit together. */
export type StorageResult =
  | { readonly kind: "ok"; readonly storage: Storage; readonly shape: readonly number[] }
  | { readonly kind: "mismatch"; readonly why: string };

const mismatch = (why: string): StorageResult => ({ kind: "mismatch", why });

/** Bits in one word of MLX's packed matrices. */
const wordBits = 32;
/** MLX's block formats by the bits of a group, which tell them apart. */
const blockFormats: readonly PackedAs[] = [
  { mode: "mxfp4", bits: 4, group: 32 },
  { mode: "mxfp8", bits: 8, group: 32 },
  { mode: "nvfp4", bits: 4, group: 16 },
];

const sameShape = (left: readonly number[], right: readonly number[]): boolean =>
  left.length === right.length && left.every((size, index) => size === right[index]);

/** Works out how one module is stored, from its tensors and from what config.json states of it. */
export function storageOf(path: string, parts: ModuleParts, stated: StatedQuantization | undefined): StorageResult {
  const { weight, blocks, scales, biases } = parts;
  if (blocks !== undefined) return blockStorage(blocks, scales);
  if (weight === undefined) return mismatch("has scales or offsets, but no weights");
  if (scales === undefined) {
    if (biases !== undefined) return mismatch("has offsets, but no scales");
    if (weight.dtype === "U32") return mismatch("is packed, but has no scales");
    const kind = isFloat(weight.dtype) ? "plain" : "foreign";
    return { kind: "ok", storage: { kind, dtype: weight.dtype }, shape: weight.shape };
  }
  if (weight.dtype !== "U32") return mismatch(`has scales, but its weights are ${weight.dtype} and not packed`);
  return packedStorage(path, weight, scales, biases, stated);
}

/** Blocks of 16 bytes with one scale each. */
function blockStorage(blocks: Tensor, scales: Tensor | undefined): StorageResult {
  if (scales === undefined) return mismatch("has blocks, but no scales");
  if (blocks.dtype !== "U8" || scales.dtype !== "U8") return mismatch("has blocks or scales that are not bytes");
  const outer = blocks.shape.slice(0, -1);
  if (blocks.shape.at(-1) !== 16 || !sameShape(outer, scales.shape))
    return mismatch("has blocks and scales whose shapes do not fit");
  const shape = [...outer.slice(0, -1), (outer.at(-1) ?? 0) * 32];
  return { kind: "ok", storage: { kind: "packed", as: { mode: "mxfp4", bits: 4, group: 32 } }, shape };
}

/** MLX's own packing: words of 32 bits, and scales (with offsets where the format is affine) per group. */
function packedStorage(
  path: string,
  weight: Tensor,
  scales: Tensor,
  biases: Tensor | undefined,
  stated: StatedQuantization | undefined,
): StorageResult {
  const [words = 0, groups = 0] = [weight.shape.at(-1), scales.shape.at(-1)];
  if (!sameShape(weight.shape.slice(0, -1), scales.shape.slice(0, -1)) || words === 0 || groups === 0)
    return mismatch("has weights and scales whose shapes do not fit");
  const groupBits = (words * wordBits) / groups;
  const own = stated?.byModule.get(path) ?? stated?.usual;
  if (own === "plain") return mismatch("is packed, but config.json says that it is not");
  const as = scales.dtype === "U8" ? blockFormats.find((each) => each.bits * each.group === groupBits) : own;
  if (as === undefined) return mismatch("is packed in a way that neither its shapes nor config.json tell");
  if (as.bits * as.group !== groupBits || own === undefined || own.mode !== as.mode || own.bits !== as.bits)
    return mismatch(`has ${groupBits} bits in a group, which is not what config.json says (${wordPacked(own)})`);
  if (as.mode === "affine") {
    if (!isFloat(scales.dtype)) return mismatch(`has scales of type ${scales.dtype}`);
    if (biases === undefined || biases.dtype !== scales.dtype || !sameShape(biases.shape, scales.shape))
      return mismatch("has no offsets that fit its scales");
  } else if (biases !== undefined || scales.dtype !== "U8")
    return mismatch(`has offsets or scales that ${as.mode} does not know`);
  const columns = (words * wordBits) / as.bits;
  if (!Number.isSafeInteger(columns)) return mismatch(`has rows that are no whole number of ${as.bits}-bit values`);
  return { kind: "ok", storage: { kind: "packed", as }, shape: [...weight.shape.slice(0, -1), columns] };
}

/** `affine 4 bits in groups of 64`. */
export function wordPacked(as: PackedAs | undefined): string {
  return as === undefined ? "nothing" : `${as.mode} ${as.bits} bits in groups of ${as.group}`;
}
