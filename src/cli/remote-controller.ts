import { readFileSync, statSync } from "node:fs";
import { type Command, Option } from "commander";
import type { RemoteController } from "../adapters/http/admin-door.js";
import { isLoopbackName } from "../gateway/door/loopback.js";
import { Problem } from "../runtime/problem.js";

/** Which controller a command talks to; without a URL the one on this machine. */
export interface ControllerOptions {
  readonly controller?: string;
  readonly controllerKeyFile?: string;
  readonly controllerCa?: string;
}

/** Commands that are about this machine. */
const hereOnly = ["up", "agent", "backup", "restore"];

const remoteOptions = (): readonly Option[] => [
  new Option("--controller <url>", "talk to a controller elsewhere, such as https://studio.lan:8416").env(
    "EXOCTL_CONTROLLER",
  ),
  new Option("--controller-key-file <file>", "where its admin key is; - for standard input").env(
    "EXOCTL_ADMIN_KEY_FILE",
  ),
  new Option("--controller-ca <file>", "PEM certificates to trust for it").env("EXOCTL_CONTROLLER_CA"),
];

const names = [
  "controller",
  "controllerKeyFile",
  "controllerCa",
] as const satisfies readonly (keyof ControllerOptions)[];

const leavesOf = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);

/**
 * Adds `--controller` and what belongs to it to all commands that there are, before and after their names. `agent` keeps an option of
 * its own by that name: the controller that it joins.
 */
export function withControllerOptions(program: Command): void {
  const takers = program.commands
    .flatMap(leavesOf)
    .filter(({ options }) => !options.some(({ long }) => long === "--controller"));
  for (const option of remoteOptions()) program.addOption(option);
  for (const command of takers) for (const option of remoteOptions()) command.addOption(option.hideHelp());
  program.enablePositionalOptions().hook("preAction", (_, command) => {
    const name = firstName(command, program);
    if (!hereOnly.includes(name)) return takeOver(program, command);
    const levels = takers.includes(command) ? [program, command] : [program];
    if (levels.some((level) => level.getOptionValueSource("controller") === "cli")) throw hereOnlyProblem(name);
  });
}

/** What stands before the command's name holds where nothing stands after it. */
function takeOver(program: Command, command: Command): void {
  for (const name of names)
    if (program.getOptionValueSource(name) === "cli" && command.getOptionValueSource(name) !== "cli")
      command.setOptionValueWithSource(name, program.opts<ControllerOptions>()[name], "cli");
}

const hereOnlyProblem = (name: string): Problem =>
  new Problem(
    "usage",
    "here_only",
    `\`exoctl ${name}\` works on this machine, and --controller names another one`,
    "Leave --controller out, or run the command there.",
  );

/** `agent` of `exoctl agent status`. */
function firstName(command: Command, program: Command): string {
  const { parent } = command;
  return parent === null || parent === program ? command.name() : firstName(parent, program);
}

/**
 * Reads what opens a controller elsewhere. The key is never in arguments or the environment, where other programs see it.
 *
 * @throws Problem (usage)
 */
export function readRemote(
  controller: string,
  { controllerKeyFile, controllerCa }: ControllerOptions,
): RemoteController {
  const url = URL.canParse(controller) ? new URL(controller) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
    throw new Problem(
      "usage",
      "bad_controller",
      "--controller is not the address of a controller",
      "Write its scheme, host and port: https://studio.lan:8416.",
    );
  if (url.protocol === "http:" && !isLoopbackName(url.hostname))
    throw new Problem(
      "usage",
      "controller_without_tls",
      `${url.origin} is another machine, and without TLS whoever is on the way could read the key`,
      "Use https://, or a tunnel: ssh -L 8416:127.0.0.1:8416 and http://127.0.0.1:8416.",
    );
  if (controllerKeyFile === undefined)
    throw new Problem(
      "usage",
      "no_admin_key",
      "a controller elsewhere needs an admin key",
      "Name its file: --controller-key-file FILE or EXOCTL_ADMIN_KEY_FILE. `exoctl keys create NAME --scope admin` makes one.",
    );
  const key = readKey(controllerKeyFile);
  return { url, key, ...(controllerCa === undefined ? {} : { ca: read(controllerCa, "certificates") }) };
}

function readKey(file: string): string {
  const key = (file === "-" ? readFileSync(0, "utf8") : readPrivate(file)).trim();
  if (/^[\x21-\x7e]{1,512}$/.test(key)) return key;
  throw new Problem(
    "usage",
    "bad_admin_key",
    `there is no key in ${file === "-" ? "standard input" : file}`,
    "It holds the one line that `exoctl keys create` printed, and nothing else.",
  );
}

function readPrivate(file: string): string {
  const text = read(file, "the admin key");
  if ((statSync(file).mode & 0o077) === 0) return text;
  throw new Problem(
    "usage",
    "admin_key_exposed",
    `other users of this machine may read the admin key in ${file}`,
    `Run: chmod 600 "${file}"`,
  );
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Problem("usage", "unreadable", `${what} can't be read: ${why}`, undefined, { cause });
  }
}
