import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openClassicDisk } from "../../src/adapters/files/classic-disk.js";
import { type FileCalls, fileCalls } from "../../src/adapters/files/classic-file-calls.js";
import { addClassicEntry } from "../../src/agent/add-classic-entry.js";
import { removeClassicEntry } from "../../src/agent/remove-classic-entry.js";
import type { ClassicAddWish } from "../../src/cluster/classic-wish.js";

/** A registry as exo 0.0.x has it, of our own making. */
export const modelsPyText = [
  "from typing import Optional",
  "",
  "model_cards = {",
  '  "llama-3.2-1b": { "layers": 16, "repo": { "MLXDynamicShardInferenceEngine": "owner/llama", }, },',
  "}",
  "",
  "pretty_name = {",
  '  "llama-3.2-1b": "Llama 3.2 1B",',
  "}",
  "",
].join("\n");

export type ClassicHouse = Awaited<ReturnType<typeof createClassicHouse>>;

/** An exo 0.0.x in a temporary folder, without anything that it does not need here. */
export async function createClassicHouse() {
  const root = await mkdtemp(join(tmpdir(), "exoctl-classic-"));
  const folder = join(root, "exo");
  const file = join(folder, "models.py");
  await mkdir(join(folder, "inference", "mlx", "models"), { recursive: true });
  await writeFile(join(folder, "inference", "mlx", "models", "llama.py"), "");
  await writeFile(file, modelsPyText);
  const open = (calls: FileCalls = fileCalls, installations: readonly string[] = [root]) =>
    openClassicDisk({ installations, exoHome: join(root, "home"), currentFolder: root }, calls);
  return {
    root,
    folder,
    file,
    open,
    text: () => readFile(file, "utf8"),
    names: async () => (await readdir(folder)).toSorted(),
    add: async (changes: Partial<ClassicAddWish> = {}, calls: FileCalls = fileCalls) =>
      await addClassicEntry(await open(calls), { ...anAddRequest(), ...changes }),
    remove: async (id: string, calls: FileCalls = fileCalls) =>
      await removeClassicEntry(await open(calls), { id, effect: "write" }),
    close: () => rm(root, { recursive: true, force: true }),
  };
}

/** A model that every exo 0.0.x runs. */
export const anAddRequest = (id = "my-llama"): ClassicAddWish => ({
  entry: { id, layers: 32, engine: "mlx", repo: "mlx-community/my-llama", label: "My Llama" },
  model: id,
  accepted: [],
  whenDifferent: "report",
  effect: "write",
});
