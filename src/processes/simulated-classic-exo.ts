import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { systemClock } from "../adapters/system/system-clock.js";
import { ClassicUsageError, parseClassicFlags } from "../simulate/classic/classic-flags.js";
import { readClassicCards } from "../simulate/classic/classic-registry.js";
import { parseClassicSettings, passedCards } from "../simulate/classic/classic-settings.js";
import { type ClassicExoParts, runClassicOnce, startClassicExo } from "../simulate/classic/run-classic-exo.js";

/** What of this process a simulated exo uses. */
export interface ClassicSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output and error, a line each. */
  print(line: string): void;
  complain(line: string): void;
}

async function readParts(
  settingsFile: string,
  args: readonly string[],
  env: ClassicSurroundings["env"],
): Promise<ClassicExoParts> {
  const flags = parseClassicFlags(args, randomUUID);
  const settings = parseClassicSettings(await readFile(settingsFile, "utf8"));
  const cards =
    settings.modelsPy === undefined
      ? passedCards(settings.entries)
      : readClassicCards(await readFile(settings.modelsPy, "utf8"));
  return { flags, settings, cards, env, clock: systemClock };
}

/**
 * The whole life of a simulated exo 0.0.15, until it is told to quit. Signals are its caller's affair.
 *
 * @param args exo's own command line
 * @returns the exit code, as exo's: 1 after serving, 0 after `exo run` whatever came of it, 2 for flags that it does not know
 */
export async function simulatedClassicExo(
  settingsFile: string,
  args: readonly string[],
  { env, print, complain }: ClassicSurroundings,
): Promise<number> {
  try {
    const parts = await readParts(settingsFile, args, env);
    print("Selected inference engine: dummy");
    if (parts.flags.command === "run") {
      for (const line of await runClassicOnce(parts)) print(line);
      return 0;
    }
    const exo = await startClassicExo(parts);
    const { api, grpc } = exo;
    print(`simulated exo 0.0.15 ${exo.nodeId}: API at http://${api.host}:${api.port}, gRPC at port ${grpc.port}`);
    await exo.ended;
    print("Received exit signal SIGINT...");
    await exo.close();
    return 1;
  } catch (error) {
    complain(`exo: error: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof ClassicUsageError ? error.exitCode : 1;
  }
}
