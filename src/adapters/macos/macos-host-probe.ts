import { execFile } from "node:child_process";
import type { HostProbe, ProbeOutput, ProbeQuestion } from "../../agent/host-probe.js";

const timeoutMs = 10_000;
const maxOutputBytes = 4 * 1024 * 1024;

/** Asks MLX for Metal's limits, and proves with a small product that the GPU computes. */
const metalScript = `
import json, mlx.core as mx
info = mx.device_info() if hasattr(mx, "device_info") else mx.metal.device_info()
ones = mx.ones((1024, 1024))
ok = abs(float(mx.sum(ones @ ones)) - 1024.0 ** 3) < 1e6
print(json.dumps({"info": {key: str(value) for key, value in info.items()}, "ok": ok}))
`;

interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

export interface MacosHostProbeSettings {
  /** Absolute path of the Python that exo runs on, told at installation; without it Metal is not asked. */
  readonly exoPython?: string;
}

function commandFor(question: ProbeQuestion, { exoPython }: MacosHostProbeSettings): CommandLine | undefined {
  switch (question) {
    case "sw_vers":
      return { file: "/usr/bin/sw_vers", args: [] };
    case "sysctl-hardware":
      return {
        file: "/usr/sbin/sysctl",
        args: ["hw.model", "hw.memsize", "hw.optional.arm64", "machdep.cpu.brand_string"],
      };
    case "vm_stat":
      return { file: "/usr/bin/vm_stat", args: [] };
    case "iogpu-wired-limit":
      return { file: "/usr/sbin/sysctl", args: ["-n", "iogpu.wired_limit_mb"] };
    case "computer-name":
      return { file: "/usr/sbin/scutil", args: ["--get", "ComputerName"] };
    case "metal-device-info":
      // -I: neither the environment nor the current folder may put other modules in front of exo's.
      return exoPython === undefined ? undefined : { file: exoPython, args: ["-I", "-c", metalScript] };
    case "proc-meminfo":
    case "proc-cpuinfo":
    case "os-release":
      return undefined;
    default:
      return question satisfies never;
  }
}

/** Runs one fixed command line without a shell. Whatever ends it early counts as a failed command, never as an answer. */
function run({ file, args }: CommandLine, signal: AbortSignal): Promise<ProbeOutput> {
  const options = {
    encoding: "utf8",
    env: { LANG: "C", LC_ALL: "C", PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
    timeout: timeoutMs,
    maxBuffer: maxOutputBytes,
    killSignal: "SIGKILL",
    signal,
  } as const;
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (signal.aborted) reject(signal.reason);
      else if (error === null) resolve({ kind: "output", stdout, stderr, exitCode: 0 });
      else if (error.code === "ENOENT" || error.code === "EACCES") resolve({ kind: "missing" });
      else resolve({ kind: "output", stdout, stderr, exitCode: typeof error.code === "number" ? error.code : 255 });
    });
  });
}

/** Asks macOS through its own commands: absolute paths, C locale, 10 s and 4 MiB at most. */
export function createMacosHostProbe(settings: MacosHostProbeSettings = {}): HostProbe {
  return {
    ask: async (question, signal) => {
      signal.throwIfAborted();
      const command = commandFor(question, settings);
      return command === undefined ? { kind: "missing" } : await run(command, signal);
    },
  };
}
