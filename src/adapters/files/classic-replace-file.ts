import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { dirname } from "node:path";
import type { FileCalls } from "./classic-file-calls.js";

/** Ending of a file that is being written. One that stays was left by a run that was killed. */
export const draftEnding = ".exoctl-draft";

/**
 * Puts a file in place, whole: written under another name in the same folder, brought to the disk, then renamed. A reader
 * sees the old file or the new one, also when the machine stops in between.
 *
 * @param like whose mode and owner the file gets
 * @param lastCheck runs right before the rename; when it throws, nothing has changed
 */
export async function replaceFile(
  calls: FileCalls,
  path: string,
  text: string,
  like: Stats,
  lastCheck: () => Promise<void> = async () => {},
): Promise<void> {
  const draft = `${path}.${randomUUID().slice(0, 8)}${draftEnding}`;
  try {
    await writeDraft(calls, draft, text, like);
    await lastCheck();
    await calls.rename(draft, path);
  } catch (error) {
    // The draft may never have come about; what went wrong before is what counts.
    await calls.unlink(draft).catch(() => {});
    throw error;
  }
  await syncFolder(calls, dirname(path));
}

async function writeDraft(calls: FileCalls, draft: string, text: string, like: Stats): Promise<void> {
  const handle = await calls.open(draft, "wx", 0o600);
  try {
    await handle.writeFile(text);
    const { uid, gid } = await handle.stat();
    if (uid !== like.uid || gid !== like.gid) await handle.chown(like.uid, like.gid);
    // After the change of owner, which may take set-id bits away.
    await handle.chmod(like.mode & 0o7777);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the rename itself last through a power cut. */
async function syncFolder(calls: FileCalls, folder: string): Promise<void> {
  const handle = await calls.open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
