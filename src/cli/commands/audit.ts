import { type Command, InvalidArgumentError } from "commander";
import { parseDuration } from "../../config/parse-duration.js";
import type { AuditQuery } from "../../controller/audit/audit-api.js";
import type { AuditRecord } from "../../controller/audit/audit-record.js";
import { Problem } from "../../runtime/problem.js";
import { controllerOf, stateHome } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { renderAudit } from "../render/access-view.js";

interface AuditOptions extends CommonOptions {
  readonly since?: number;
  readonly who?: string;
  readonly what?: string;
  readonly limit: number;
}

const mostRecords = 10_000;

const examples = `
Examples:
  exoctl audit --since 24h
  exoctl audit --who anna --what nodes
  exoctl audit --what "admin port"      # who was not let in

Without a controller it reads what the last one on this machine wrote. -o json has every field.`;

/** `exoctl audit`: who changed what. */
export function addAuditCommand(program: Command): void {
  withCommonOptions(program.command("audit"))
    .description("who changed what, from where, and how it ended; and who was not let in")
    .option("--since <when>", "a duration such as 24h, or a time such as 2027-01-31 or 2027-01-31T12:00Z", readSince)
    .option("--who <name>", "only of this user, key, or way in: socket, key, session, up, token, nobody")
    .option("--what <text>", "only calls or targets with this in them, such as nodes")
    .option("--limit <n>", "so many of the newest", readLimit, 100)
    .addHelpText("after", examples)
    .action(async (options: AuditOptions) => {
      const { since, who, what, limit } = options;
      const query = {
        limit,
        ...(since === undefined ? {} : { since }),
        ...(who === undefined ? {} : { who }),
        ...(what === undefined ? {} : { what }),
      };
      const records = await ask(options, query);
      const page = { colors: palette(process.stdout), width: widthOf(process.stdout) };
      await printResult(records, options.output, () => renderAudit(records, page));
    });
}

async function ask(options: AuditOptions, query: AuditQuery): Promise<readonly AuditRecord[]> {
  try {
    return await controllerOf(options).readAudit(query);
  } catch (error) {
    const isAway = error instanceof Problem && error.code === "no_controller";
    if (!isAway || options.controller !== undefined) throw error;
    const [{ readAuditFiles }, { readAudit }] = await Promise.all([
      import("../../adapters/files/audit-files.js"),
      import("../../controller/audit/audit-api.js"),
    ]);
    return readAudit(readAuditFiles(stateHome()), query);
  }
}

function readSince(text: string): number {
  if (/^\d+(?:ms|s|m|h|d)$/.test(text)) return Date.now() - durationOf(text);
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError("Write a duration such as 24h or 7d, or a time such as 2027-01-31T12:00Z.");
}

/** Days as well, which the cluster file does not need. */
const durationOf = (text: string): number =>
  text.endsWith("d") ? Number(text.slice(0, -1)) * 86_400_000 : parseDuration(text);

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= mostRecords) return limit;
  throw new InvalidArgumentError(`Write a whole number from 1 to ${mostRecords}.`);
}
