import type { Finding } from "./finding.js";
import type { FoundFile, ModelFiles } from "./model-files.js";
import { readShard, type Shard } from "./read-shard.js";
import { filesOf, type WeightIndex } from "./weight-index.js";

/** What mlx-lm loads: whatever has such a name, whether the index knows it or not. */
const isLoaded = (name: string): boolean => /^model.*\.safetensors$/.test(name);

/** The largest known models have a few hundred files and some hundred thousand tensors. */
const mostFiles = 5_000;
const mostTensors = 1_000_000;

interface Shards {
  readonly shards: readonly Shard[];
  readonly findings: readonly Finding[];
}

const refusedFile = (file: string, why: string): Finding => ({
  severity: "broken",
  code: "weights_refused",
  message: why,
  file,
  fix: "Download or convert this file again.",
});

function absentFile(file: string, found: Exclude<FoundFile, { kind: "file" }>): Finding {
  if (found.kind === "not-a-file") return refusedFile(file, found.why);
  const fix = "Download it, or finish the download that was interrupted.";
  return {
    severity: "incomplete",
    code: "file_missing",
    message: "the index names it, but it is not there",
    file,
    fix,
  };
}

/** Files beside those of the index. mlx-lm would load the ones with the usual name on top of the others. */
function strayFile(file: string): Finding {
  if (isLoaded(file)) {
    const fix = "Move it elsewhere, or replace the index by the one that belongs to these files.";
    return {
      severity: "broken",
      code: "file_not_indexed",
      message: "mlx-lm would load it, but the index does not name it",
      file,
      fix,
    };
  }
  return {
    severity: "warning",
    code: "file_unused",
    message: "neither the index names it nor does mlx-lm load it",
    file,
  };
}

/** An index may name files as it likes, but mlx-lm goes by their names alone. */
function unloadedFile(file: string): Finding {
  const message = "mlx-lm does not load it: it only takes files named model*.safetensors";
  const fix = "Rename the files and the entries of the index, or convert the model again.";
  return { severity: "unusable", code: "file_not_loaded", message, file, fix };
}

/** Reads the headers of all weight files: those of the index, or all there are when there is no index. */
export async function readShards(
  files: ModelFiles,
  names: readonly string[],
  index: WeightIndex | undefined,
): Promise<Shards> {
  const present = names.filter((name) => name.endsWith(".safetensors"));
  const wanted = index === undefined ? present.filter(isLoaded) : filesOf(index);
  const known = new Set(wanted);
  const findings: Finding[] = present.filter((name) => !known.has(name)).map((name) => strayFile(name));
  findings.push(...wanted.filter((name) => !isLoaded(name)).map(unloadedFile));
  if (wanted.length > mostFiles)
    return { shards: [], findings: [refusedFile(`${wanted.length} files`, `more than ${mostFiles} weight files`)] };
  const shards: Shard[] = [];
  let tensors = 0;
  for (const name of wanted) {
    const found = await files.look(name);
    if (found.kind !== "file") {
      findings.push(absentFile(name, found));
      continue;
    }
    const shard = await readShard(files, name, found.bytes);
    if (shard.kind === "refused") findings.push(refusedFile(name, shard.why));
    else {
      tensors += shard.value.tensors.length;
      shards.push(shard.value);
    }
    if (tensors > mostTensors) {
      findings.push(refusedFile(name, `with it the model has more than ${mostTensors} tensors`));
      break;
    }
  }
  return { shards, findings };
}
