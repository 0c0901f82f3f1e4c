import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { systemClock } from "../adapters/system/system-clock.js";
import { ClassicUsageError, parseClassicFlags } from "../simulate/classic/classic-flags.js";
import { readClassicCards } from "../simulate/classic/classic-registry.js";
import { parseClassicSettings, passedCards } from "../simulate/classic/classic-settings.js";
import { type ClassicExoParts, runClassicOnce, startClassicExo } from "../simulate/classic/run-classic-exo.js";

/** Reads a settings file and exo's own command line. @throws ClassicUsageError, TypeError, or that a file cannot be read */
export async function readClassicParts(settingsFile: string, args: readonly string[]): Promise<ClassicExoParts> {
  const flags = parseClassicFlags(args, randomUUID);
  const settings = parseClassicSettings(await readFile(settingsFile, "utf8"));
  const cards =
    settings.modelsPy === undefined
      ? passedCards(settings.entries)
      : readClassicCards(await readFile(settings.modelsPy, "utf8"));
  return { flags, settings, cards, env: process.env, clock: systemClock };
}

/**
 * The whole life of a simulated exo 0.0.15 process.
 *
 * @returns the exit code, as exo's: 1 however a serving node was told to end, 0 after `exo run` whatever came of it, 2 for flags that
 *   it does not know
 */
export async function simulatedClassicMain(settingsFile: string, args: readonly string[]): Promise<number> {
  // Whoever reads our output may be gone before us.
  process.stdout.on("error", () => {});
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    // exo dies of either at any moment of its life, and so do we: nothing is worth being put in order.
    for (const name of ["SIGTERM", "SIGINT"] as const)
      process.once(name, () => {
        print(`Received exit signal ${name}...`);
        process.exit(1);
      });
    const parts = await readClassicParts(settingsFile, args);
    print("Selected inference engine: dummy");
    if (parts.flags.command === "run") {
      for (const line of await runClassicOnce(parts)) print(line);
      return 0;
    }
    const exo = await startClassicExo(parts);
    print(
      `simulated exo 0.0.15 ${exo.nodeId}: API at http://${exo.api.host}:${exo.api.port}, gRPC at port ${exo.grpc.port}`,
    );
    await exo.ended;
    print("Received exit signal SIGINT...");
    return 1;
  } catch (error) {
    process.stderr.write(`exo: error: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof ClassicUsageError ? error.exitCode : 1;
  }
}
