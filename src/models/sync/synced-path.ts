import { isPlainPath } from "../plain-path.js";

/** What models consist of and nothing that a loader would run: never Python, never a library. */
const endings = [".safetensors", ".json", ".jinja", ".tiktoken", ".txt", ".model"] as const;

/** The longest name of a file or folder that every file system takes. */
const longestNameBytes = 255;

/** Why a file is not part of what is copied between nodes. */
export type SyncedPathFlaw = "unsafe path" | "hidden" | "of a kind that is not copied";

/**
 * Whether a file, named relative to its model's folder, is one that is copied.
 *
 * @returns undefined when it is
 */
export function syncedPathFlaw(path: string): SyncedPathFlaw | undefined {
  // No control characters, nothing that shows as something else, nothing that is not Unicode.
  if (!isPlainPath(path) || /[\p{C}]/u.test(path)) return "unsafe path";
  const names = path.split("/");
  if (names.some((name) => Buffer.byteLength(name) > longestNameBytes)) return "unsafe path";
  if (names.some((name) => name.startsWith("."))) return "hidden";
  return endings.some((ending) => path.endsWith(ending)) ? undefined : "of a kind that is not copied";
}
