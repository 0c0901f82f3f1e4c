import type { ClassicEngine } from "../cluster/classic-entry.js";
import type { ClassicExoSettings } from "../cluster/classic-launch.js";
import type { ProgramSpec } from "./process-host.js";

/** How exo 0.0.x is started on this machine; told at installation. */
export interface ClassicInstall {
  /** exo's command with what has to stand before its flags, such as a script; its environment, folder and log. */
  readonly program: ProgramSpec;
  /** TCP port of exo's gRPC service. */
  readonly nodePort: number;
  /** TCP port of exo's HTTP API. */
  readonly apiPort: number;
  /** Absent: exo chooses by itself, mlx on Apple silicon and tinygrad elsewhere. */
  readonly engine?: ClassicEngine;
  /** How this exo learns the machine's memory: by running `system_profiler`, or by itself, where nobody can come between. */
  readonly memoryFrom: "system_profiler" | "in-process";
}

/** Where what belongs to one start of exo lies. */
export interface ClassicFolders {
  /** exo's `EXO_HOME`: models are in its `downloads`. */
  readonly exoHome: string;
  /** exo's `TMPDIR`, which nobody cleans. */
  readonly temporary: string;
  readonly discoveryFile: string;
  /** Put first on exo's `PATH` while a memory value is forced. */
  readonly substitutes: string;
}

/**
 * The whole command line, from typed settings. Never `exo run`, which answers once and ends. Every flag that decides how the ring
 * comes about is given, so that no default of exo's, such as an id kept in a temporary folder, plays a part.
 */
export function classicProgram(
  install: ClassicInstall,
  folders: ClassicFolders,
  settings: ClassicExoSettings,
): ProgramSpec {
  const { program, nodePort, apiPort, engine } = install;
  const own = settings.peers.find(({ id }) => id === settings.nodeId);
  const path = program.env.PATH ?? "/usr/bin:/bin:/usr/sbin:/sbin";
  return {
    ...program,
    args: [
      ...program.args,
      ...["--node-id", settings.nodeId],
      ...["--node-host", own?.address ?? "127.0.0.1"],
      ...["--node-port", String(nodePort)],
      ...["--discovery-module", "manual"],
      ...["--discovery-config-path", folders.discoveryFile],
      "--disable-tui",
      ...["--default-model", settings.defaultModel],
      ...["--chatgpt-api-port", String(apiPort)],
      ...["--chatgpt-api-response-timeout", String(settings.responseTimeoutSec)],
      ...(engine === undefined ? [] : ["--inference-engine", engine]),
    ],
    env: {
      ...program.env,
      EXO_HOME: folders.exoHome,
      TMPDIR: folders.temporary,
      PATH: settings.forcedMemoryMb === undefined ? path : `${folders.substitutes}:${path}`,
    },
  };
}
