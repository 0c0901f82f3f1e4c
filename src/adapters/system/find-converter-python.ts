import { constants } from "node:fs";
import { access, open } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";

/** Longest first line of a script that systems take. */
const mostShebangBytes = 512;

/**
 * The Python that an exo command runs on: the one that its first line names, or else the one beside it in its virtual environment.
 *
 * @param command as it was told at installation; only an absolute path leads anywhere
 * @returns undefined when there is none
 */
export async function findConverterPython(command: string | undefined): Promise<string | undefined> {
  if (command === undefined || !isAbsolute(command)) return undefined;
  const beside = ["python3", "python"].map((name) => join(dirname(command), name));
  for (const path of [await interpreterOf(command), ...beside])
    if (path !== undefined && (await isProgram(path))) return path;
  return undefined;
}

async function interpreterOf(script: string): Promise<string | undefined> {
  const file = await open(script).catch(() => undefined); // no such program: then it names no Python either
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostShebangBytes), 0, mostShebangBytes, 0);
    const path = /^#!\s*(\/[^\s]+)/.exec(buffer.toString("latin1", 0, bytesRead))?.[1];
    return path !== undefined && /^python[\d.]*$/.test(basename(path)) ? path : undefined;
  } finally {
    await file.close();
  }
}

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
