import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import type { Close } from "../../runtime/close-all.js";
import { Problem } from "../../runtime/problem.js";

/** Who holds the folder. `started` tells a process from a later one with the same id, which a restart of the machine brings. */
const ownerSchema = z.object({ pid: z.int().positive(), started: z.string(), nonce: z.string() });
type Owner = z.infer<typeof ownerSchema>;

const fileName = "controller.lock";

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** When a process started, as text that only serves to compare; empty when the system does not tell. */
async function startOf(pid: number): Promise<string> {
  try {
    const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /s, "").split(" ");
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    return `${boot}/${fields[19] ?? ""}`;
  } catch {
    // No /proc: macOS.
  }
  try {
    const options = { env: { LC_ALL: "C", TZ: "UTC" }, timeout: 2_000 };
    return (await promisify(execFile)("/bin/ps", ["-o", "lstart=", "-p", String(pid)], options)).stdout.trim();
  } catch {
    // No such process, or no ps.
    return "";
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
    // EPERM: it is there and belongs to somebody else.
  }
  const started = await startOf(owner.pid);
  return started === "" || owner.started === "" || started === owner.started;
}

/** @returns undefined when there is no lock or it was cut off in the middle, which the exclusive link below rules out for ours. */
async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const parsed = ownerSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Puts `draft` in place of nothing. */
async function claim(draft: string, file: string): Promise<"claimed" | "taken"> {
  try {
    await link(draft, file);
    return "claimed";
  } catch (error) {
    if (codeOf(error) === "EEXIST") return "taken";
    throw error;
  }
}

const locked = (folder: string, owner: Owner | undefined): Problem =>
  new Problem(
    "failed",
    "state_locked",
    `Another controller${owner === undefined ? "" : ` (process ${owner.pid})`} uses ${folder}`,
    "Only one controller may use a state folder. Stop the other one, or set EXOCTL_HOME to another folder for this one.",
  );

/** Replaces the lock of a dead controller. Only the holder of the second lock may, so that two can't both do it. */
async function takeOver(folder: string, draft: string): Promise<void> {
  const file = join(folder, fileName);
  const permit = `${file}.takeover`;
  if ((await claim(draft, permit)) === "taken") {
    const rival = await readOwner(permit);
    if (rival !== undefined && (await isAlive(rival))) throw locked(folder, rival);
    // Its holder died within the few milliseconds that this takes.
    await unlink(permit).catch(() => {});
    if ((await claim(draft, permit)) === "taken") throw locked(folder, undefined);
  }
  try {
    const owner = await readOwner(file);
    if (owner !== undefined && (await isAlive(owner))) throw locked(folder, owner);
    // A rename does nothing when both names are links to one file: the lock needs a file of its own.
    const copy = `${draft}.copy`;
    await writeFile(copy, await readFile(draft), { flag: "wx", mode: 0o600 });
    await rename(copy, file);
  } finally {
    await unlink(permit).catch(() => {});
  }
}

/**
 * Takes the folder for this process. A lock whose process is gone is taken over.
 *
 * @returns gives the folder free again
 * @throws Problem `state_locked` while another controller is alive.
 */
export async function lockStateFolder(folder: string): Promise<Close> {
  const file = join(folder, fileName);
  const owner: Owner = { pid: process.pid, started: await startOf(process.pid), nonce: randomUUID() };
  const draft = join(folder, `.${fileName}.${owner.nonce}`);
  try {
    await writeFile(draft, JSON.stringify(owner), { flag: "wx", mode: 0o600 });
    if ((await claim(draft, file)) === "taken") {
      const holder = await readOwner(file);
      if (holder !== undefined && (await isAlive(holder))) throw locked(folder, holder);
      await takeOver(folder, draft);
    }
  } finally {
    await rm(draft, { force: true });
  }
  return async () => {
    if ((await readOwner(file))?.nonce === owner.nonce) await unlink(file);
  };
}
