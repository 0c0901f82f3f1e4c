import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const main = resolve("dist/cli/main.js");

/** A private home and temporary folder, so that one test sees exactly what it left behind. */
export interface CliSandbox {
  readonly home: string;
  readonly temp: string;
  /** Names in the temporary folder: empty when everything has been cleaned up. */
  leftovers(): readonly string[];
  /** Process ids whose command line or environment mentions this sandbox. Linux only; empty elsewhere. */
  processes(): readonly number[];
  remove(): void;
}

export function createCliSandbox(): CliSandbox {
  const root = mkdtempSync(join(tmpdir(), "exoctl-cli-test-"));
  const temp = mkdtempSync(join(root, "tmp-"));
  return {
    home: join(root, "home"),
    temp,
    leftovers: () => readdirSync(temp),
    processes: () =>
      readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name) && mentions(name, root))
        .map(Number),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function mentions(pid: string, text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").includes(text) && Number(pid) !== process.pid;
  } catch {
    return false; // ended meanwhile, or not ours
  }
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface CliRun {
  readonly child: ChildProcessWithoutNullStreams;
  readonly done: Promise<CliResult>;
  /** Resolves with the first line of standard output that `wanted` accepts; rejects when the command ends before. */
  line(wanted: (line: string) => boolean): Promise<string>;
}

/** Starts the built command line as a user would. */
export function startCli(
  sandbox: CliSandbox,
  args: readonly string[],
  input = "",
  stdin: "ends" | "stays open" = "ends",
): CliRun {
  const env = { PATH: process.env.PATH, HOME: sandbox.home, EXOCTL_HOME: sandbox.home, TMPDIR: sandbox.temp };
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => undefined); // it ended before it read this
  child.stdin.write(input);
  if (stdin === "ends") child.stdin.end();
  const done = new Promise<CliResult>((ended) => {
    child.once("close", (code) => ended({ code, stdout, stderr }));
  });
  const line = async (wanted: (line: string) => boolean): Promise<string> => {
    for (;;) {
      const found = stdout.split("\n").find(wanted);
      if (found !== undefined) return found;
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the command ended before the line came:\n${stdout}\n${stderr}`);
      await new Promise((wait) => setTimeout(wait, 20));
    }
  };
  return { child, done, line };
}

/** Runs a command to its end. */
export const runCli = (sandbox: CliSandbox, args: readonly string[], input = ""): Promise<CliResult> =>
  startCli(sandbox, args, input).done;
