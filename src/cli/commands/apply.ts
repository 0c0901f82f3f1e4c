import { userInfo } from "node:os";
import type { Command } from "commander";
import { controllerHere } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { progressOn, showProgress } from "../progress.js";
import { readSpecFile, readSpecText } from "../read-spec-file.js";
import { renderApply } from "../render/apply-view.js";

/** `exoctl apply`: make the cluster run what the file says. */
export function addApplyCommand(program: Command): void {
  withCommonOptions(program.command("apply"))
    .description("make the cluster run what the cluster file says")
    .option("--dry-run", "only print the steps")
    .action(async (options: CommonOptions & { readonly dryRun?: true }) => {
      if (options.file !== undefined) await readSpecFile(options.file);
      const request = {
        mode: options.dryRun === true ? ("dry-run" as const) : ("apply" as const),
        by: userInfo().username,
        ...(options.file === undefined ? {} : { clusterYaml: await readSpecText(options.file) }),
      };
      const progress = showProgress(progressOn(process.stderr));
      const summary = await controllerHere()
        .apply(request, progress.report, new AbortController().signal)
        .finally(progress.stop);
      printResult(summary, options.output, () =>
        renderApply(summary, { colors: palette(process.stdout), width: widthOf(process.stdout) }),
      );
    });
}
