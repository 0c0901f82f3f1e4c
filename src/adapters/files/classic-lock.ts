import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { FileCalls } from "./classic-file-calls.js";
import { draftEnding } from "./classic-replace-file.js";
import { unlessMissing } from "./registry-paths.js";

/** A lock without a readable number: the machine stopped before its text was on the disk. */
const emptyForMs = 10_000;

const numberSchema = z.coerce.number().int().positive();

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function isStale(calls: FileCalls, path: string): Promise<boolean> {
  const text = await unlessMissing(calls.readFile(path, "utf8"));
  const found = text === undefined ? undefined : await unlessMissing(calls.stat(path));
  if (text === undefined || found === undefined) return true;
  const pid = numberSchema.safeParse(text.trim()).data;
  return pid === undefined ? Date.now() - found.mtimeMs > emptyForMs : !isAlive(pid);
}

/** The lock comes about with its process number in it, so that a kill can't leave one that says nothing. */
async function claim(calls: FileCalls, path: string): Promise<"claimed" | "taken"> {
  const draft = `${path}.${randomUUID().slice(0, 8)}${draftEnding}`;
  try {
    const handle = await calls.open(draft, "wx", 0o644);
    try {
      await handle.writeFile(`${process.pid}\n`);
    } finally {
      await handle.close();
    }
    await calls.link(draft, path);
    return "claimed";
  } catch (error) {
    // ENOENT: whoever holds the lock takes drafts for leftovers.
    if (error instanceof Error && "code" in error && (error.code === "EEXIST" || error.code === "ENOENT"))
      return "taken";
    throw error;
  } finally {
    // What stays is a leftover that the next run removes.
    await calls.unlink(draft).catch(() => {});
  }
}

/**
 * Keeps two runs of exoctl from working on one registry at the same time. What is left of a killed run is taken over.
 *
 * @returns what gives it free again, or undefined while another run holds it
 */
export async function lockRegistry(calls: FileCalls, path: string): Promise<(() => Promise<void>) | undefined> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    if ((await claim(calls, path)) === "claimed") return async () => await unlessMissing(calls.unlink(path));
    if (!(await isStale(calls, path))) return undefined;
    await unlessMissing(calls.unlink(path));
  }
  return undefined;
}
