import type { Finding } from "./finding.js";
import type { ModelFiles } from "./model-files.js";
import { readWhole } from "./read-shard.js";
import { filesOf, isWeightIndexName, readWeightIndex, type WeightIndex } from "./weight-index.js";

/** gpt-oss-120b's index has 40 kB; the largest known ones have a few MB. */
const maxIndexBytes = 64 * 1024 * 1024;
/** Real folders have one. */
const mostIndexes = 16;
const usualName = "model.safetensors.index.json";

/** What the indexes of a folder say. */
export interface Indexes {
  /** The one that mlx-lm's converter writes, or else the first. */
  readonly index?: WeightIndex;
  /** exo's own rule, in one sentence; absent where it is met. */
  readonly whyNotForExo?: string;
  readonly findings: readonly Finding[];
}

/**
 * Reads every index of the folder, and judges as exo does: an index is there, and so is each file that it names (of whatever size).
 */
export async function readIndexes(files: ModelFiles, names: readonly string[]): Promise<Indexes> {
  const findings: Finding[] = [];
  const indexes: WeightIndex[] = [];
  const lacks: string[] = [];
  for (const name of names.filter(isWeightIndexName).slice(0, mostIndexes)) {
    const bytes = await readWhole(files, name, maxIndexBytes);
    if (bytes === undefined) continue;
    const index = bytes.kind === "refused" ? bytes : readWeightIndex(name, bytes.value);
    if (index.kind === "ok") {
      indexes.push(index.value);
      for (const file of filesOf(index.value)) if ((await files.look(file)).kind !== "file") lacks.push(file);
    } else findings.push(refusedIndex(name, index.why));
  }
  const index = indexes.find(({ name }) => name === usualName) ?? indexes[0];
  const why = whyNotForExo(findings, index, lacks);
  return { findings, ...(index === undefined ? {} : { index }), ...(why === undefined ? {} : { whyNotForExo: why }) };
}

function whyNotForExo(findings: readonly Finding[], index: WeightIndex | undefined, lacks: readonly string[]) {
  if (findings.length > 0) return "an index of the weights can't be read";
  if (index === undefined)
    return "there is no *.safetensors.index.json, without which exo takes no folder for complete";
  return lacks.length === 0
    ? undefined
    : `the index names ${lacks.length === 1 ? "a file that is" : "files that are"} not there`;
}

const refusedIndex = (file: string, why: string): Finding => ({
  severity: "broken",
  code: "index_refused",
  message: `the index is refused: ${why}`,
  file,
  fix: "Download this file again; it has a few hundred kilobytes at most.",
});
