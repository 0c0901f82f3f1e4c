import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openConversionDisk } from "../../src/adapters/files/conversion-disk.js";
import { openPlacedFoldersRecord } from "../../src/adapters/files/placed-folders-record.js";
import { openRegistryDisk } from "../../src/adapters/files/registry-disk.js";
import { createChildConverter } from "../../src/adapters/system/child-converter.js";
import { systemClock } from "../../src/adapters/system/system-clock.js";
import { type Authority, type Caller, createAuthority } from "../../src/agent/authority.js";
import type { ConversionFolders } from "../../src/agent/conversion-folders.js";
import type { Converter } from "../../src/agent/converter.js";
import { createDescribeMachine } from "../../src/agent/describe-node.js";
import { createModelConvert } from "../../src/agent/model-convert.js";
import { protocolVersion } from "../../src/cluster/node-report.js";
import type { Quantization } from "../../src/models/model-spec.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { createFakeProbe } from "./agent-probe-outputs.js";
import { publishedFolder } from "./conversion-sources.js";
import { smallGptOss } from "./fake-model.js";
import { type FakeFolder, mlxFolder, writeFolder } from "./fake-model-files.js";

const player = fileURLToPath(new URL("./played-converter.js", import.meta.url));
const recordings = fileURLToPath(new URL("../fixtures/mlx-lm/0.32.2", import.meta.url));

/** Who may act in these tests. */
export const aCaller: Caller = { pin: "p", term: 1, protocolVersion };

export interface ConversionHouseOptions {
  /** Where everything is; a new temporary folder without it. */
  readonly root?: string;
  /** What the converter does; see played-converter.js. */
  readonly does?: string;
  /** What the last step makes. */
  readonly makes?: Quantization;
  readonly result?: FakeFolder;
  readonly authority?: Authority;
  readonly folders?: Partial<ConversionFolders>;
  readonly converter?: Converter | "none";
  readonly stopGraceMs?: number;
}

/** Conversions on a real disk, by a real child process that plays mlx_lm; one model is there to be converted. */
export async function openConversionHouse(options: ConversionHouseOptions = {}) {
  const root = options.root ?? (await mkdtemp(join(tmpdir(), "exoctl-convert-")));
  const models = join(root, "models");
  const results = join(root, "results");
  const mark = join(root, "runs.txt");
  if (!existsSync(models)) {
    writeFolder(join(models, "openai--gpt-oss-120b"), publishedFolder());
    writeFolder(join(results, "dequantized"), mlxFolder(smallGptOss, "bf16"));
  }
  writeFolder(join(results, "quantized"), options.result ?? mlxFolder(smallGptOss, options.makes ?? "MXFP4-Q8"));
  const told = JSON.stringify({ does: options.does ?? "converts", recordings, results, mark });
  const child = createChildConverter({
    describe: { file: process.execPath, args: [player, told, "describe"] },
    convert: { file: process.execPath, args: [player, told] },
    env: {},
    cwd: root,
    stopGraceMs: options.stopGraceMs ?? 5_000,
  });
  const authority = options.authority ?? createAuthority(systemClock, silentLogger);
  if (options.authority === undefined) authority.takeLease(aCaller, 1);
  const placed = openPlacedFoldersRecord(join(root, "placed-folders.json"));
  const convert = createModelConvert({
    registry: await openRegistryDisk(
      { cardsFolder: join(root, "cards"), modelsFolders: [models], linkRecordFile: join(root, "links.json") },
      placed,
    ),
    folders: { ...openConversionDisk([models]), ...options.folders },
    converter: options.converter === "none" ? undefined : (options.converter ?? child),
    describeMachine: createDescribeMachine(createFakeProbe(), systemClock),
    placed,
    authority,
    clock: systemClock,
  });
  await convert.begin();
  return {
    root,
    models,
    convert,
    authority,
    placed,
    /** Names in exo's models folder. */
    names: (): readonly string[] => readdirSync(models).toSorted(),
    /** A line for each process of the converter: its id and what it was told. */
    runs: (): readonly string[] =>
      existsSync(mark)
        ? readFileSync(mark, "utf8")
            .split("\n")
            .filter((line) => line !== "")
        : [],
    close: async (): Promise<void> => {
      await convert.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

export type ConversionHouse = Awaited<ReturnType<typeof openConversionHouse>>;

/** Whether a process is there; one that only waits for its parent to notice counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false; // there is none
  }
  const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : "";
  return !/\) Z /.test(state);
}
