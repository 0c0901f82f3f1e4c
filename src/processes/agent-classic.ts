import { join } from "node:path";
import { type ClassicPlaces, openClassicDisk } from "../adapters/files/classic-disk.js";
import { openClassicLaunchDisk } from "../adapters/files/classic-launch-disk.js";
import type { Authority } from "../agent/authority.js";
import type { ClassicInstall } from "../agent/classic-command.js";
import { type ClassicExo, createClassicExo, noClassicExo } from "../agent/classic-exo.js";
import { usualPublishers } from "../agent/classic-publishers.js";
import { type ClassicRegistry, createClassicRegistry } from "../agent/classic-registry.js";
import { createExoSupervisor, type ExoSupervisor } from "../agent/exo-supervisor.js";
import type { DescribeMachine } from "../agent/machine-facts.js";
import type { ProcessHost, ProgramSpec } from "../agent/process-host.js";
import { digestOf } from "../register/classic/edit-history.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";

/** How the agent starts its exo 0.0.x, beyond the command; told at installation. */
interface ClassicStartSettings extends Pick<ClassicInstall, "nodePort" | "engine" | "memoryFrom"> {
  readonly platform: "darwin" | "linux";
}

/** What an agent is told of exo 0.0.x at its installation. */
export interface AgentClassicSettings {
  /** Where one is; looked up anew at each call. */
  readonly classic?: ClassicPlaces;
  /** Owners of repositories whose models, and the code in them, it may load. Default: `usualPublishers`. */
  readonly classicPublishers?: readonly string[];
  /** How it is started by the agent's program. Without it its registry is kept, and others start it. */
  readonly classicStart?: ClassicStartSettings;
}

export interface AgentClassicParts {
  /** Where an exo 0.0.x is; absent where there is none. */
  readonly places: ClassicPlaces | undefined;
  readonly publishers: readonly string[] | undefined;
  /** Absent: the exo there is started by others. */
  readonly start: ClassicStartSettings | undefined;
  readonly program: ProgramSpec | undefined;
  readonly apiPort: number;
  readonly homeFolder: string;
  readonly describeMachine: DescribeMachine;
  readonly authority: Authority;
  readonly host: ProcessHost;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface AgentClassic {
  readonly classicRegistry: ClassicRegistry;
  readonly classicExo: ClassicExo;
  /** Of the exo here, whichever it is; absent where this agent starts none. */
  readonly supervisor: ExoSupervisor | undefined;
}

/**
 * What an agent has to do with exo 0.0.x: its registry, and, where it was told how, its process. An exo 0.0.x is never started by its
 * bare command: without its peers it is no use.
 */
export async function openAgentClassic(parts: AgentClassicParts): Promise<AgentClassic> {
  const { places, start, program, authority, clock, logger, publishers = usualPublishers } = parts;
  const registry = createClassicRegistry({
    open: places === undefined ? undefined : () => openClassicDisk(places),
    publishers,
    authority,
  });
  if (places === undefined || start === undefined || program === undefined)
    return {
      classicRegistry: registry,
      classicExo: noClassicExo(),
      supervisor:
        places === undefined ? program && createExoSupervisor({ program, host: parts.host, clock, logger }) : undefined,
    };
  const { service, supervisor, forget } = createClassicExo({
    ...parts,
    publishers,
    install: { ...start, program, apiPort: parts.apiPort },
    platform: start.platform,
    files: await openClassicLaunchDisk(join(parts.homeFolder, "classic"), places.exoHome),
    registryDigest: () => digestNow(places),
    supervise: (host, first) => createExoSupervisor({ program: first, host, clock, logger }),
  });
  const classicRegistry: ClassicRegistry = {
    ...registry,
    remove: async (caller, wish) => {
      const report = await registry.remove(caller, wish);
      if (report.outcome === "removed") await forget(wish.id);
      return report;
    },
  };
  return { classicRegistry, classicExo: service, supervisor };
}

async function digestNow(places: ClassicPlaces): Promise<string | undefined> {
  const files = await openClassicDisk(places).catch(() => undefined); // exo itself will say what it lacks
  const read = await files?.read();
  return read?.kind === "file" ? digestOf(read.text) : undefined;
}
