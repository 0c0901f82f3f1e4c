import { membersOf } from "./bounded-json.js";

/** How mlx-lm is told that a matrix is packed. */
export interface PackedAs {
  /** `affine` has a scale and an offset per group; the others are block formats with 8-bit scales. */
  readonly mode: string;
  readonly bits: number;
  /** Numbers that share a scale. */
  readonly group: number;
}

/** What config.json says about quantisation. */
export interface StatedQuantization {
  /** Hugging Face's `quant_method`, such as `mxfp4` or `gptq`. */
  readonly method?: string;
  /** For all matrices that have no entry of their own. */
  readonly usual?: PackedAs;
  /** By module, such as `model.layers.0.mlp.router`. `plain` marks those that are left as they were. */
  readonly byModule: ReadonlyMap<string, PackedAs | "plain">;
}

/** An entry of its own does not inherit the mode: mlx-lm hands it to MLX as it stands, whose default is affine. */
function readPackedAs(value: unknown): PackedAs | undefined {
  const members = membersOf(value);
  const bits = members?.get("bits");
  const group = members?.get("group_size");
  const mode = members?.get("mode") ?? "affine";
  if (!Number.isSafeInteger(bits) || !Number.isSafeInteger(group) || typeof mode !== "string") return undefined;
  const [wide, many] = [Number(bits), Number(group)];
  return wide > 0 && wide <= 32 && many > 0 && many <= 4096 ? { mode, bits: wide, group: many } : undefined;
}

/** Reads `quantization` (MLX) or `quantization_config` (Hugging Face) of config.json. */
export function readStatedQuantization(value: unknown): StatedQuantization | undefined {
  const members = membersOf(value);
  if (members === undefined) return undefined;
  const byModule = new Map<string, PackedAs | "plain">();
  for (const [name, entry] of members) {
    const own = entry === false ? "plain" : readPackedAs(entry);
    if (own !== undefined) byModule.set(name, own);
  }
  const usual = readPackedAs(value);
  const method = members.get("quant_method");
  return {
    byModule,
    ...(usual === undefined ? {} : { usual }),
    ...(typeof method === "string" ? { method } : {}),
  };
}
