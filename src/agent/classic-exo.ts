import type { ClassicEngine } from "../cluster/classic-entry.js";
import {
  type ClassicExoReport,
  type ClassicExoSettings,
  type RunningClassicExo,
  settingsProblems,
} from "../cluster/classic-launch.js";
import type { Logger } from "../runtime/logger.js";
import type { Authority, Caller } from "./authority.js";
import { type ClassicInstall, classicProgram } from "./classic-command.js";
import { discoveryText } from "./classic-discovery.js";
import type { ClassicLaunchFiles } from "./classic-launch-files.js";
import { profilerText } from "./classic-profiler.js";
import { checkPublisher } from "./classic-publishers.js";
import type { ExoSupervisor } from "./exo-supervisor.js";
import type { DescribeMachine } from "./machine-facts.js";
import type { ProcessHost, ProgramSpec } from "./process-host.js";
import { RefusalError } from "./refusal.js";

/** How the exo 0.0.x of this machine is started, for the controller. Rejects with `RefusalError` where this agent starts none. */
export interface ClassicExo {
  describe(signal: AbortSignal): Promise<ClassicExoReport>;
  configure(caller: Caller, settings: ClassicExoSettings, signal: AbortSignal): Promise<ClassicExoReport>;
}

export interface ClassicExoParts {
  readonly install: ClassicInstall;
  /** Owners of repositories that this exo may load from. */
  readonly publishers: readonly string[];
  readonly files: ClassicLaunchFiles;
  /** SHA-256 of the registry as it is now, hex; undefined where it can't be read. */
  readonly registryDigest: () => Promise<string | undefined>;
  readonly describeMachine: DescribeMachine;
  /** `win32` and the rest count as Linux: exo chooses tinygrad there. */
  readonly platform: "darwin" | "linux";
  readonly authority: Authority;
  readonly host: ProcessHost;
  /** Keeps what it is given running; the program that it starts is rendered anew by the host at each start. */
  readonly supervise: (host: ProcessHost, program: ProgramSpec) => ExoSupervisor;
  readonly logger: Logger;
}

export interface StartedClassicExo {
  readonly service: ClassicExo;
  readonly supervisor: ExoSupervisor;
  /** An entry was removed from the registry: nothing is forced for its sake any more. */
  readonly forget: (modelId: string) => Promise<void>;
}

/** Starts exo 0.0.x by what the controller has configured: prepares its files before each start, also after a crash. */
export function createClassicExo(parts: ClassicExoParts): StartedClassicExo {
  const { install, files, host, logger } = parts;
  let configured: ClassicExoSettings | undefined;
  let launched: RunningClassicExo | undefined;

  const prepare = async (): Promise<ProgramSpec> => {
    const settings = configured;
    if (settings === undefined) throw notConfigured();
    await files.writeDiscovery(discoveryText(settings.peers));
    const caches = await files.layOutCaches(settings.repo);
    if (caches === "no-files")
      logger.info("the model's files are not here; exo will look for them", { repo: settings.repo });
    await force(settings);
    const registryDigest = await parts.registryDigest();
    launched = { settings, ...(registryDigest === undefined ? {} : { registryDigest }) };
    return classicProgram(install, files.folders, settings);
  };
  const force = async ({ forcedMemoryMb }: ClassicExoSettings): Promise<void> => {
    if (forcedMemoryMb === undefined) return await files.removeSubstitute();
    const real = await profilerOf(parts);
    if (real.kind === "none") throw new RefusalError("not_possible", real.why);
    await files.writeSubstitute(profilerText(real.path, forcedMemoryMb));
  };
  const supervised = parts.supervise({ start: async () => await host.start(await prepare()) }, install.program);
  const supervisor: ExoSupervisor = {
    ...supervised,
    stop: async () => {
      const outcome = await supervised.stop();
      await files.removeSubstitute();
      return outcome;
    },
    close: async (exo) => {
      await supervised.close(exo);
      if (exo === "stop") await files.removeSubstitute();
    },
  };
  const describe = async (signal: AbortSignal): Promise<ClassicExoReport> => {
    const { hardware } = await parts.describeMachine(signal);
    const real = await profilerOf(parts);
    return {
      engine: engineOf(parts),
      nodePort: install.nodePort,
      memoryMb: Math.floor(hardware.memoryBytes / 2 ** 20),
      ...(real.kind === "none" ? { cannotForce: real.why } : {}),
      ...(configured === undefined ? {} : { configured }),
      ...(launched !== undefined && supervised.status().state === "up" ? { running: launched } : {}),
    };
  };
  const configure = async (settings: ClassicExoSettings): Promise<void> => {
    const problems = problemsHere(install, settings);
    if (problems.length > 0) throw new RefusalError("invalid", problems.join("; "));
    checkPublisher(parts.publishers, settings.repo);
    const real = settings.forcedMemoryMb === undefined ? undefined : await profilerOf(parts);
    if (real?.kind === "none") throw new RefusalError("not_possible", real.why);
    configured = settings;
    await files.writeDiscovery(discoveryText(settings.peers));
    // exo asks at its start only, so what runs keeps its value until then.
    if (settings.forcedMemoryMb === undefined) await files.removeSubstitute();
  };
  return {
    supervisor,
    service: {
      describe,
      configure: async (caller, settings, signal) => {
        await parts.authority.act("configure-classic-exo", caller, async () => {
          await configure(settings);
          return settings.forcedMemoryMb === undefined
            ? "configured"
            : `configured, ${settings.forcedMemoryMb} MB forced`;
        });
        return await describe(signal);
      },
    },
    forget: async (modelId) => {
      if (configured?.defaultModel !== modelId) return;
      const { forcedMemoryMb: _forced, ...rest } = configured;
      configured = rest;
      await files.removeSubstitute();
    },
  };
}

const notConfigured = (): RefusalError =>
  new RefusalError("not_possible", "exo 0.0.x needs to know its peers before it is started: run `exoctl apply`");

const engineOf = ({ install, platform }: ClassicExoParts): ClassicEngine =>
  install.engine ?? (platform === "darwin" ? "mlx" : "tinygrad");

function problemsHere({ nodePort }: ClassicInstall, settings: ClassicExoSettings): readonly string[] {
  const own = settings.peers.find(({ id }) => id === settings.nodeId);
  const elsewhere = own !== undefined && own.port !== nodePort;
  return [...settingsProblems(settings), ...(elsewhere ? [`peers: the node's own port is ${nodePort}`] : [])];
}

type FoundProfiler =
  | { readonly kind: "found"; readonly path: string }
  | { readonly kind: "none"; readonly why: string };

async function profilerOf({ install, files }: ClassicExoParts): Promise<FoundProfiler> {
  if (install.memoryFrom === "in-process") {
    const why = "exo 0.0.x on Linux reads the machine's memory itself, so nobody can make it report another value";
    return { kind: "none", why };
  }
  const path = await files.findProfiler(install.program.env.PATH ?? "/usr/sbin");
  return path === undefined
    ? { kind: "none", why: "there is no system_profiler on exo's PATH" }
    : { kind: "found", path };
}

/** For machines without an exo 0.0.x, or where the agent was not told how to start it. */
export function noClassicExo(): ClassicExo {
  const refuse = async (): Promise<never> => {
    throw new RefusalError(
      "not_possible",
      "this agent starts no exo 0.0.x; start it with `exoctl agent --classic PATH -- EXO-COMMAND`",
    );
  };
  return { describe: refuse, configure: refuse };
}
