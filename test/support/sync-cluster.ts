import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { modelFolderName } from "../../src/cluster/names.js";
import type { SyncSummary } from "../../src/controller/sync/sync-api.js";
import { type CliRun, createCliSandbox, runCli, startCli } from "./run-cli.js";
import { syncedModel } from "./sync-house.js";

const clusterFile = "apiVersion: exoctl/v1\nmodels: []\n";

/** A built simulated cluster without any model: real agent processes that copy between each other. */
export async function startSyncCluster(options: { readonly macs: number; readonly uplinkBytesPerSec?: number }) {
  const sandbox = createCliSandbox();
  const names = Array.from({ length: options.macs }, (_, at) => `studio-${at + 1}`);
  const macs = names.map((name) => ({
    name,
    chip: "M2 Max",
    memoryGb: 64,
    weights: "none",
    internet: "none",
    exo: "stopped",
  }));
  const uplink = options.uplinkBytesPerSec === undefined ? {} : { uplinkBytesPerSec: options.uplinkBytesPerSec };
  const [simulation, cluster] = [join(sandbox.temp, "sim.json"), join(sandbox.temp, "cluster.yaml")];
  writeFileSync(simulation, JSON.stringify({ macs, ...uplink }));
  writeFileSync(cluster, clusterFile);
  const up = startCli(sandbox, ["up", "-f", cluster, "--simulate", simulation, "--listen", "127.0.0.1:0"]);
  const ready = async (): Promise<boolean> => {
    const { code, stdout } = await runCli(sandbox, ["status", "-o", "json"]);
    if (code !== 0) return false;
    const { nodes } = JSON.parse(stdout) as { readonly nodes: readonly { readonly state: string }[] };
    return nodes.filter(({ state }) => state !== "unreachable").length === options.macs;
  };
  for (let tries = 0; !(await ready()); tries += 1) {
    if (tries > 100 || up.child.exitCode !== null) {
      up.child.kill("SIGTERM");
      throw new Error(`the simulated cluster does not come up: ${(await up.done).stderr}`);
    }
    await wait(250);
  }
  const folder = join(readFileSync(join(sandbox.home, "simulation"), "utf8").trim(), "macs");
  const modelsOf = (name: string): string => join(folder, name, "exo", "models");
  const macFileOf = (name: string): string => join(folder, name, "mac.json");
  const restarted: CliRun[] = [];
  /** The process of the agent on this Mac. Linux only. */
  const agentOf = (name: string): number | undefined =>
    sandbox.processes().find((pid) => {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return command.includes("--simulated-mac") && command.includes(`/${name}/mac.json`);
    });
  return {
    sandbox,
    names,
    modelsOf,
    folderOf: (name: string): string => join(modelsOf(name), modelFolderName(syncedModel)),
    stagingOf: (name: string): string => join(modelsOf(name), `.exoctl-sync-${modelFolderName(syncedModel)}`),
    startSync: (...args: readonly string[]): CliRun =>
      startCli(sandbox, ["model", "sync", syncedModel, "-o", "json", ...args]),
    sync: async (...args: readonly string[]): Promise<SyncSummary> => {
      const { code, stdout, stderr } = await runCli(sandbox, ["model", "sync", syncedModel, "-o", "json", ...args]);
      if (code !== 0) throw new Error(`model sync ended with ${code}: ${stderr}${stdout}`);
      return JSON.parse(stdout) as SyncSummary;
    },
    agentOf,
    /** Ends an agent the hard way and starts it again as its machine would, with its folders as they are. */
    killAgent: async (name: string): Promise<void> => {
      const pid = agentOf(name);
      if (pid === undefined) throw new Error(`no agent runs on ${name}`);
      process.kill(pid, "SIGKILL");
      const { stdout } = await runCli(sandbox, ["token", "create", "--for", name, "-o", "json"]);
      const { token } = JSON.parse(stdout) as { readonly token: string };
      // Its standard input stays open: that is how a simulated Mac notices that its owner is there.
      restarted.push(startCli(sandbox, ["agent", "--simulated-mac", macFileOf(name)], `${token}\n`, "stays open"));
    },
    close: async (): Promise<void> => {
      for (const { child } of restarted) child.kill("SIGTERM");
      await Promise.all(restarted.map(({ done }) => done));
      up.child.kill("SIGTERM");
      await up.done;
      sandbox.remove();
    },
  };
}

/** Peak resident memory of a process in bytes. Linux only. */
export function peakBytes(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}

/** Processor time of a process so far, in seconds. Linux only. */
export function processorSec(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  // proc(5): utime and stime are fields 14 and 15, in ticks of 10 ms; what was cut off are the first two.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export type SyncCluster = Awaited<ReturnType<typeof startSyncCluster>>;

const allocatedIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).blocks * 512, 0);

/** Copies to one node and kills its agent when about half is there; the controller has it go on by itself. */
export async function syncThroughKill(cluster: SyncCluster, target: string, halfBytes: number): Promise<SyncSummary> {
  const copying = cluster.startSync("--to", target);
  const staging = cluster.stagingOf(target);
  for (let tries = 0; !existsSync(staging) || allocatedIn(staging) < halfBytes; tries += 1) {
    if (tries > 2_000 || copying.child.exitCode !== null) throw new Error("the copy does not get half way");
    await wait(20);
  }
  await cluster.killAgent(target);
  const { code, stdout, stderr } = await copying.done;
  if (code !== 0) throw new Error(`model sync ended with ${code}: ${stderr}${stdout}`);
  return JSON.parse(stdout) as SyncSummary;
}
