import { readFile } from "node:fs/promises";
import type { HostProbe, ProbeOutput, ProbeQuestion } from "../../agent/host-probe.js";

/** What Linux answers, and where. It has none of macOS's commands. */
const files: Partial<Record<ProbeQuestion, string>> = {
  "proc-meminfo": "/proc/meminfo",
  "proc-cpuinfo": "/proc/cpuinfo",
  "os-release": "/etc/os-release",
};

async function readWhole(path: string, signal: AbortSignal): Promise<ProbeOutput> {
  try {
    return { kind: "output", stdout: await readFile(path, { encoding: "utf8", signal }), stderr: "", exitCode: 0 };
  } catch {
    // Not there, or not for this account: no answer either way.
    signal.throwIfAborted();
    return { kind: "missing" };
  }
}

/** Asks Linux through the files of its kernel. */
export const linuxHostProbe: HostProbe = {
  ask: async (question, signal) => {
    signal.throwIfAborted();
    const path = files[question];
    return path === undefined ? { kind: "missing" } : await readWhole(path, signal);
  },
};
