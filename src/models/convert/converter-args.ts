import type { Quantization } from "../model-spec.js";

/** The converter's choice is always stated: without it, it takes the type that config.json names, which newer files call otherwise. */
const dtype = ["--dtype", "bfloat16"];

const affine = (bits: 4 | 8): readonly string[] => ["-q", "--q-bits", `${bits}`, "--q-group-size", "64"];

/** @param source `packed`: some of its weights are quantised and have to be unpacked to become bf16 */
export function converterArgs(source: "packed" | "plain", into: Quantization): readonly string[] {
  switch (into) {
    case "MXFP4-Q8":
    case "affine-8":
      return [...affine(8), ...dtype];
    case "MXFP4-Q4":
    case "affine-4":
      return [...affine(4), ...dtype];
    case "bf16":
      return source === "packed" ? ["-d", ...dtype] : dtype;
    default:
      return into satisfies never;
  }
}
