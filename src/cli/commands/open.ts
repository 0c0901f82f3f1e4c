import type { Command } from "commander";
import { controllerOf } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { renderOpenLink, renderSessions } from "../render/access-view.js";

interface OpenOptions extends CommonOptions {
  readonly list?: true;
  readonly end?: string;
  readonly endAll?: true;
}

const examples = `
Examples:
  exoctl open                   # a link for one browser, good for two minutes and for one use
  exoctl open --list            # browsers that were let in
  exoctl open --end abcd2345    # this one has to be let in again; --end-all for all of them`;

/** `exoctl open`: lets browsers in and out. */
export function addOpenCommand(program: Command): void {
  withCommonOptions(program.command("open"))
    .description("print a link that lets one browser in")
    .option("--list", "print which browsers are in")
    .option("--end <id>", "end this browser's session, as in --list")
    .option("--end-all", "end all of them")
    .addHelpText("after", examples)
    .action(async (options: OpenOptions) => {
      const controller = controllerOf(options);
      const page = { colors: palette(process.stdout), width: widthOf(process.stdout) };
      if (options.end !== undefined || options.endAll === true) {
        const ended = await controller.endSessions(options.end === undefined ? {} : { id: options.end });
        return printResult(ended, options.output, () => [`${ended.ended} ended`]);
      }
      if (options.list === true) {
        const sessions = await controller.listSessions();
        return printResult(sessions, options.output, () => renderSessions(sessions, page));
      }
      const link = await controller.createOpenLink({});
      return printResult(link, options.output, () => renderOpenLink(link, page));
    });
}
