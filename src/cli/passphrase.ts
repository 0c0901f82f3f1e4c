import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Problem } from "../runtime/problem.js";

const leastCharacters = 12;

/**
 * Reads a passphrase from a file or, as `-`, from standard input; one line end at its end does not count. Never from arguments or the
 * environment, where every program of this machine may see it.
 *
 * @throws Problem `no_passphrase`
 */
export async function readPassphrase(source: string | undefined): Promise<string> {
  if (source === undefined)
    throw new Problem(
      "usage",
      "no_passphrase",
      "a passphrase is needed, from a file or standard input",
      "Such as: --passphrase-file ~/.exoctl-passphrase, or --passphrase-file - to type it in or pipe it.",
    );
  if (source === "-" && process.stdin.isTTY) process.stderr.write("Passphrase (it shows; end with Ctrl-D): ");
  const given = source === "-" ? await text(process.stdin) : await fromFile(source);
  const passphrase = given.replace(/\r?\n$/, "");
  if (passphrase.length >= leastCharacters) return passphrase;
  throw new Problem(
    "usage",
    "weak_passphrase",
    `a passphrase has at least ${leastCharacters} characters`,
    "Four or five unrelated words are good.",
  );
}

async function fromFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Problem("usage", "no_passphrase", `the passphrase can't be read: ${why}`, undefined, { cause });
  }
}
