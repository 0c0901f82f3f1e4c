import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { environmentsOfCommand } from "../adapters/files/classic-command.js";
import type { ClassicPlaces } from "../adapters/files/classic-disk.js";

/** Where exo 0.0.x is: at the path that was given, or wherever this user's shell would find it. */
export async function classicPlaces(given: string | true): Promise<ClassicPlaces> {
  const { VIRTUAL_ENV = "", PATH = "", EXO_HOME = "" } = process.env;
  const guesses = async (): Promise<readonly string[]> => [
    ...(VIRTUAL_ENV === "" ? [] : [VIRTUAL_ENV]),
    ...(await environmentsOfCommand(PATH)),
    process.cwd(),
    join(homedir(), "exo"),
  ];
  return {
    installations: given === true ? await guesses() : [resolve(given)],
    exoHome: EXO_HOME === "" ? join(homedir(), ".cache", "exo") : EXO_HOME,
    currentFolder: process.cwd(),
  };
}
