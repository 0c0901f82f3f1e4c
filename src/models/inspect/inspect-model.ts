import { checkIndex, checkStatedTotal } from "./check-index.js";
import { openAiOriginal } from "./check-structure.js";
import { describeWeights } from "./describe-weights.js";
import { exoAdvice } from "./exo-advice.js";
import { type Finding, type Verdict, verdictOf } from "./finding.js";
import type { ModelFacts, ModelInspection } from "./inspection.js";
import { judgeForExo, type WeightTotals } from "./judge-for-exo.js";
import { type ModelConfig, readModelConfig } from "./model-config.js";
import type { ModelFiles } from "./model-files.js";
import { type Indexes, readIndexes } from "./read-indexes.js";
import { readWhole, type Shard } from "./read-shard.js";
import { readShards } from "./read-shards.js";
import { checkWords, readWords } from "./read-words.js";

/** Entries for single modules make it long: 200 kB for gpt-oss-120b. */
const maxConfigBytes = 16 * 1024 * 1024;

/** What OpenAI's original weights lack as well. Nobody should mend that. */
const besideThePoint: ReadonlySet<string> = new Set(["config_missing", "tokenizer_missing", "chat_template_missing"]);

/**
 * Inspects a model folder: reads config.json, the index and the headers of the weight files, never the weights, and says what the
 * model is, whether it is whole, and what exo will make of it. Whatever the files say, the answer is an inspection.
 *
 * @param name what to call the model, for people and in the spec
 */
export async function inspectModel(files: ModelFiles, name: string): Promise<ModelInspection> {
  const names = await files.names();
  const config = await readConfig(files);
  const indexes = await readIndexes(files, names);
  const read = await readShards(files, names, indexes.index);
  const found = [
    ...config.findings,
    ...indexes.findings,
    ...read.findings,
    ...(read.shards.length === 0 && read.findings.length === 0 ? [await noWeights(files, names)] : []),
    ...checkIndex(indexes.index, read.shards),
    ...indexAdvice(indexes, read.shards),
  ];
  const described = describeWeights(name, config.config, read.shards, verdictOf(found));
  const words = await readWords(files, names);
  const all = [
    ...found,
    ...described.findings,
    ...checkWords(words),
    ...(verdictOf(found) === "complete" ? checkStatedTotal(indexes.index, read.shards) : []),
    ...exoAdvice(config.config, name, names),
  ];
  const isOriginal = all.includes(openAiOriginal);
  const findings = isOriginal ? all.filter(({ code }) => !besideThePoint.has(code)) : all;
  const { facts, spec } = described;
  const isUsable = verdictOf([...found, ...described.findings]) === "complete";
  const totals = facts === null || !isUsable ? undefined : totalsOf(facts);
  return {
    verdict: verdictOf(findings),
    name,
    files: countFiles(read.shards, verdictOf(found)),
    facts,
    ...words,
    exo: judgeForExo(config.config, totals, spec, indexes.whyNotForExo, indexes.index?.totalBytes),
    model: spec,
    findings,
  };
}

async function readConfig(
  files: ModelFiles,
): Promise<{ readonly config?: ModelConfig; readonly findings: readonly Finding[] }> {
  const file = "config.json";
  const fix = "Download this file of the model's repository again.";
  const bytes = await readWhole(files, file, maxConfigBytes);
  if (bytes === undefined) {
    const message = "it is missing: nothing says what the model is";
    return { findings: [{ severity: "incomplete", code: "config_missing", message, file, fix }] };
  }
  const config = bytes.kind === "refused" ? bytes : readModelConfig(bytes.value);
  if (config.kind === "ok") return { config: config.value, findings: [] };
  return { findings: [{ severity: "broken", code: "config_refused", message: config.why, file, fix }] };
}

/** What a folder without weights at its top is instead. */
async function noWeights(files: ModelFiles, names: readonly string[]): Promise<Finding> {
  const inner = await files.look("original/model.safetensors.index.json");
  if (inner.kind === "file" || (await files.look("original/model.safetensors")).kind === "file") return openAiOriginal;
  const others = names.filter((name) => /\.(?:gguf|bin|pth|pt|npz)$/.test(name));
  const instead = others.length === 0 ? "" : `; ${others[0]} is of a kind that exo does not read`;
  const message = `there are no model*.safetensors files${instead}`;
  const fix = "Name a folder with a model in safetensors, such as a download of mlx-community/gpt-oss-120b-MXFP4-Q8.";
  return { severity: "incomplete", code: "no_weights", message, fix };
}

/** A model in one file is whole without an index, but exo would download it again for ever. */
function indexAdvice({ index, findings }: Indexes, shards: readonly Shard[]): readonly Finding[] {
  if (index !== undefined || findings.length > 0 || shards.length === 0) return [];
  const message = "there is no *.safetensors.index.json: exo never takes such a folder for complete";
  const fix = "Convert with mlx_lm.convert, which writes model.safetensors.index.json even for a single file.";
  return [{ severity: shards.length === 1 ? "warning" : "incomplete", code: "no_index", message, fix }];
}

const totalsOf = ({ layers, bytes, quantization }: ModelFacts): WeightTotals => ({
  layers,
  bytes: bytes.total,
  quantization: quantization.name ?? quantization.words,
});

const countFiles = (shards: readonly Shard[], verdict: Verdict): ModelInspection["files"] => ({
  state: shards.length === 0 || verdict === "broken" || verdict === "incomplete" ? "partial" : "whole",
  count: shards.length,
  bytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
  tensors: shards.reduce((sum, { tensors }) => sum + tensors.length, 0),
});
