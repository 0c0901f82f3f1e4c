import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The machine that a simulated classic Mac seems to be. */
export interface ClassicMacFacts {
  /** Such as `Mac Studio`. */
  readonly model: string;
  readonly chip: string;
  /** Whole GB, as Macs print it. */
  readonly memoryGb: number;
}

export interface ClassicMacSettings {
  readonly folder: string;
  readonly mac: ClassicMacFacts;
  /** 1 is real time. */
  readonly timeScale: number;
  readonly tokens?: number;
  readonly stepMs?: number;
}

/** Where things are on a simulated classic Mac. */
export interface ClassicMacPlaces {
  /** Put first on the PATH of its programs: holds `exo` and the Mac's own `system_profiler`. */
  readonly bin: string;
  /** The program to start as `exo`, with exo's own flags. */
  readonly exo: string;
  /** exo's checkout, as `--classic` takes it. */
  readonly checkout: string;
  readonly modelsPy: string;
}

const main = fileURLToPath(new URL("./simulated-classic-exo-main.js", import.meta.url));

/** A small registry in exo's shape, of our own making. */
const modelsPyText = `model_cards = {
  "llama-3.2-1b": {
    "layers": 16,
    "repo": {
      "MLXDynamicShardInferenceEngine": "mlx-community/Llama-3.2-1B-Instruct-4bit",
    },
  },
  "dummy": { "layers": 8, "repo": { "DummyInferenceEngine": "dummy", }, },
}

pretty_name = {
  "llama-3.2-1b": "Llama 3.2 1B",
}
`;

/** Text as one word of a shell. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

const profilerScript = ({ model, chip, memoryGb }: ClassicMacFacts): string => `#!/bin/sh
if [ "$1" = SPHardwareDataType ]; then
  printf 'Hardware:\\n\\n    Hardware Overview:\\n\\n'
  printf '      Model Name: %s\\n      Chip: %s\\n      Memory: %s GB\\n' ${quoted(model)} ${quoted(chip)} ${memoryGb}
fi
`;

/**
 * Makes the folder of a Mac with an exo 0.0.15 that is simulated: a checkout with a registry, an \`exo\` to start, and the Mac's
 * \`system_profiler\`. Only small files; nothing is started.
 *
 * @param execArgv flags of node for the program, such as those that run it from its sources
 */
export async function prepareClassicMac(
  { folder, mac, ...settings }: ClassicMacSettings,
  program: string = main,
  execArgv: readonly string[] = [],
): Promise<ClassicMacPlaces> {
  const [bin, checkout] = [join(folder, "bin"), join(folder, "checkout")];
  const modelsPy = join(checkout, "exo", "models.py");
  const settingsFile = join(folder, "classic-exo.json");
  await mkdir(bin, { recursive: true });
  await mkdir(join(checkout, "exo", "inference", "mlx", "models"), { recursive: true });
  await writeFile(modelsPy, modelsPyText);
  await writeFile(settingsFile, JSON.stringify({ modelsPy, ...settings }));
  const words = [process.execPath, ...execArgv, program, settingsFile].map(quoted).join(" ");
  await writeProgram(join(bin, "exo"), `#!/bin/sh\nexec ${words} "$@"\n`);
  await writeProgram(join(bin, "system_profiler"), profilerScript(mac));
  return { bin, exo: join(bin, "exo"), checkout, modelsPy };
}

async function writeProgram(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o755);
}
