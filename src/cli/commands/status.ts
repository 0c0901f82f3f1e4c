import type { Command } from "commander";
import { controllerOf } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { renderStatus } from "../render/status-view.js";

/** `exoctl status`: nodes, models, and which layers run where. */
export function addStatusCommand(program: Command): void {
  withCommonOptions(program.command("status"))
    .description("what the cluster is doing: nodes, models, and which layers run where")
    .action(async (options: CommonOptions) => {
      const report = await controllerOf(options).status();
      await printResult(report, options.output, () =>
        renderStatus(report, { colors: palette(process.stdout), width: widthOf(process.stdout) }),
      );
    });
}
