import type { Finding } from "./finding.js";
import { someOf } from "./finding.js";
import type { StatedQuantization } from "./stated-quantization.js";
import { type ModuleParts, type Storage, storageOf } from "./storage.js";
import { countOf, type Tensor } from "./tensor.js";

/** A matrix or vector of the model with everything that belongs to it. */
export interface WeightModule {
  /** Name without what marks its parts: `model.layers.0.self_attn.q_proj`; vectors of a module keep theirs, as in `…q_proj.bias`. */
  readonly path: string;
  readonly storage: Storage;
  /** After unpacking. */
  readonly shape: readonly number[];
  readonly parameters: number;
  /** All its tensors as stored. */
  readonly bytes: number;
}

const endings: readonly (readonly [string, keyof ModuleParts])[] = [
  [".weight", "weight"],
  [".scales", "scales"],
  [".biases", "biases"],
  [".blocks", "blocks"],
  ["_blocks", "blocks"],
  ["_scales", "scales"],
];

/** Which part of which module a tensor is. */
function partOf(name: string): readonly [path: string, part: keyof ModuleParts] {
  const found = endings.find(([ending]) => name.endsWith(ending));
  return found === undefined ? [name, "weight"] : [name.slice(0, -found[0].length), found[1]];
}

/** Puts the tensors of all files together to modules; whatever does not fit together is a finding. */
export function groupModules(
  tensors: readonly Tensor[],
  stated: StatedQuantization | undefined,
): { readonly modules: readonly WeightModule[]; readonly findings: readonly Finding[] } {
  const byPath = new Map<string, { readonly [part in keyof ModuleParts]: Tensor }>();
  const flaws = new Map<string, string[]>();
  const flawed = (why: string, path: string): void => {
    const paths = flaws.get(why);
    if (paths === undefined) flaws.set(why, [path]);
    else paths.push(path);
  };
  for (const tensor of tensors) {
    const [path, part] = partOf(tensor.name);
    const parts = byPath.get(path);
    if (parts?.[part] !== undefined) flawed("is there under several names", path);
    byPath.set(path, { ...parts, [part]: tensor });
  }
  const modules: WeightModule[] = [];
  for (const [path, parts] of byPath) {
    const found = storageOf(path, parts, stated);
    const bytes = Object.values(parts).reduce((sum, tensor) => sum + tensor.bytes, 0);
    if (found.kind === "mismatch") {
      flawed(found.why, path);
      // Its bytes count all the same: they are there.
      const { dtype, shape } = parts.weight ?? parts.blocks ?? { dtype: "unknown", shape: [] };
      modules.push({ path, storage: { kind: "foreign", dtype }, shape, parameters: 0, bytes });
    } else {
      const { storage, shape } = found;
      modules.push({ path, storage, shape, parameters: countOf(shape) ?? 0, bytes });
    }
  }
  return { modules, findings: [...flaws].map(([why, paths]) => mismatchFinding(why, paths)) };
}

function mismatchFinding(why: string, paths: readonly string[]): Finding {
  return {
    severity: "broken",
    code: "tensors_do_not_fit",
    message: `${someOf(paths)} ${why}`,
    fix: "Convert or download the model again: mlx-lm can't load it like this.",
  };
}
