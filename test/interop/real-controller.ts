import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CommandResult, type RunningCommand, runCommand, startCommand } from "./command.js";
import type { Join } from "./real-node.js";
import { exoctlMain, workFolder } from "./settings.js";

const home = join(workFolder, "controller");
const env = { PATH: process.env.PATH ?? "", HOME: home, EXOCTL_HOME: home };
const upLog = join(workFolder, "controller.log");

/** What `up` asks first: the one question that the model has an answer to. */
const prompt = "What is the capital of France?";

/** A cluster file that spreads gpt-oss-120b over at least so many nodes. @returns its path */
export function writeClusterFile(minNodes: number): string {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const file = join(workFolder, `cluster-${minNodes}.yaml`);
  const serve = `{ context: 4096, concurrency: 1, minNodes: ${minNodes} }`;
  writeFileSync(
    file,
    `apiVersion: exoctl/v1\ncluster: { name: interop }\nmodels:\n  - { name: gpt-oss-120b, entry: own, serve: ${serve} }\n`,
  );
  return file;
}

/** A cluster file for exo 0.0.x with its engine for tests. @returns its path */
export function writeClassicClusterFile(): string {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const file = join(workFolder, "cluster-classic.yaml");
  const exo = "exo: { generation: classic, classic: { engine: dummy } }";
  writeFileSync(file, `apiVersion: exoctl/v1\ncluster: { name: interop }\n${exo}\nmodels: [{ name: gpt-oss-120b }]\n`);
  return file;
}

/** `exoctl up` as a user starts it. */
export const startController = (clusterFile: string): RunningCommand =>
  startCommand({
    command: [process.execPath, exoctlMain, "up", "-f", clusterFile, "--log-level", "info", "--prompt", prompt],
    env,
    logFile: upLog,
  });

/** Runs one `exoctl` command beside the controller. */
export const exoctl = (...args: readonly string[]): Promise<CommandResult> =>
  runCommand([process.execPath, exoctlMain, ...args], env);

/** The JSON that an `exoctl` command prints. */
export async function exoctlJson(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await exoctl(...args, "-o", "json");
  if (code !== 0) throw new Error(`exoctl ${args.join(" ")} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

export const createJoin = async (name: string): Promise<Join> =>
  (await exoctlJson("token", "create", "--for", name)) as Join;
