import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { ProcessHost, ProgramExit, ProgramSpec, RunningProgram } from "../../agent/process-host.js";

/** Signals a whole process group. It may be gone already, which is what a signal is for. */
function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

async function startChild({ command, args, env, cwd, logFile }: ProgramSpec): Promise<RunningProgram> {
  await mkdir(dirname(logFile), { recursive: true });
  const log = await open(logFile, "a", 0o600);
  try {
    // A group of its own: exo's runner processes get the same signals, and Ctrl-C at our terminal reaches none of them.
    // `env` is the whole environment: nothing of the agent's own is inherited.
    const child = spawn(command, args, { cwd, env, detached: true, shell: false, stdio: ["ignore", log.fd, log.fd] });
    // Before anything else can happen: the child may end at once.
    const exited = new Promise<ProgramExit>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    await once(child, "spawn");
    const { pid } = child;
    if (pid === undefined) throw new Error(`${command} has no process id`);
    // The agent may end without it.
    child.unref();
    return {
      pid,
      exited: exited.then((exit) => {
        // Runners that have outlived exo would keep the GPU's memory.
        signalGroup(pid, "SIGKILL");
        return exit;
      }),
      signal: (name) => signalGroup(pid, name),
    };
  } finally {
    await log.close();
  }
}

/** Starts programs as children of this process, each in a process group of its own. */
export const childProcessHost: ProcessHost = { start: startChild };
