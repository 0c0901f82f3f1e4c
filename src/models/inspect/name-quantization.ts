import type { Quantization } from "../model-spec.js";
import { type Storage, wordPacked } from "./storage.js";
import { placeOf } from "./tensor-place.js";
import type { WeightModule } from "./weight-module.js";

/** How a model is quantised. */
export interface QuantizationFacts {
  /** One of the names that the catalogue has sizes for; absent for all other ways. */
  readonly name?: Quantization;
  /** In words, with bits and groups for every kind of matrix. */
  readonly words: string;
  /** Of all that is stored, scales and offsets included. */
  readonly bitsPerWeight: number;
}

type MatrixKind = "experts" | "dense" | "router";

/** Matrices only: vectors stay in 16 bits everywhere. Routers have a rule of their own. */
function matrixKind(module: WeightModule): MatrixKind | undefined {
  const place = placeOf(module.path);
  const isExpert = place.kind === "layer" && place.part === "expert";
  if (module.shape.length < (isExpert ? 3 : 2) || place.kind === "norm" || place.kind === "other") return undefined;
  if (place.kind !== "layer") return "dense";
  if (isExpert) return "experts";
  return place.part === "router" ? "router" : "dense";
}

/** An expert in a tensor of its own is a plain matrix. */
const isSingleExpert = ({ path, shape }: WeightModule): boolean =>
  shape.length === 2 && /(?:^|\.)experts\.\d+\./.test(path);

function wordStorage(storage: Storage): string {
  if (storage.kind === "packed") return wordPacked(storage.as).replace(/^mxfp4 4 bits in groups of 32$/, "MXFP4");
  const names: Readonly<Record<string, string>> = { BF16: "bf16", F16: "f16", F32: "f32" };
  return names[storage.dtype] ?? storage.dtype;
}

const affine4 = "affine 4 bits in groups of 64";
const affine8 = "affine 8 bits in groups of 64";

/** The catalogue's names, by how experts and all other matrices are stored. */
const catalogueNames: ReadonlyMap<string, Quantization> = new Map([
  [`MXFP4 / ${affine8}`, "MXFP4-Q8"],
  [`MXFP4 / ${affine4}`, "MXFP4-Q4"],
  [`${affine4} / ${affine4}`, "affine-4"],
  [`${affine8} / ${affine8}`, "affine-8"],
  ["bf16 / bf16", "bf16"],
]);

/** The ways that matrices of one kind are stored, the one with most bytes first. */
function waysOf(modules: readonly WeightModule[], kind: MatrixKind): readonly string[] {
  const bytes = new Map<string, number>();
  for (const module of modules) {
    if ((isSingleExpert(module) ? "experts" : matrixKind(module)) !== kind) continue;
    const words = wordStorage(module.storage);
    bytes.set(words, (bytes.get(words) ?? 0) + module.bytes);
  }
  return [...bytes].toSorted(([, left], [, right]) => right - left).map(([words]) => words);
}

/** Names the quantisation of a model, or describes it where it has no name. */
export function nameQuantization(modules: readonly WeightModule[]): QuantizationFacts {
  const [experts, dense, router] = [waysOf(modules, "experts"), waysOf(modules, "dense"), waysOf(modules, "router")];
  const bytes = modules.reduce((sum, module) => sum + module.bytes, 0);
  const parameters = modules.reduce((sum, module) => sum + module.parameters, 0);
  const bitsPerWeight = parameters === 0 ? 0 : (bytes * 8) / parameters;
  const name = catalogueNames.get(`${(experts.length > 0 ? experts : dense).join()} / ${dense.join()}`);
  const kinds = [
    ["experts", experts],
    ["other matrices", dense],
    ["routers", router],
  ] as const;
  const words = kinds.flatMap(([kind, ways]) => (ways.length === 0 ? [] : `${kind} ${ways.join(" and ")}`)).join(", ");
  return { words: words === "" ? "no matrices" : words, bitsPerWeight, ...(name === undefined ? {} : { name }) };
}
