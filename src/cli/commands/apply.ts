import type { Command } from "commander";
import { controllerOf } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { progressOn, showProgress } from "../progress.js";
import { renderApply } from "../render/apply-view.js";

/** `exoctl apply`: make the cluster run what the file says. */
export function addApplyCommand(program: Command): void {
  withCommonOptions(program.command("apply"))
    .description("make the cluster run what the cluster file says")
    .option("--dry-run", "only print the steps")
    .action(async (options: CommonOptions & { readonly dryRun?: true }) => {
      const request = {
        mode: options.dryRun === true ? ("dry-run" as const) : ("apply" as const),
        ...(options.file === undefined ? {} : { clusterYaml: await checkedText(options.file) }),
      };
      const progress = showProgress(progressOn(process.stderr));
      const summary = await controllerOf(options)
        .apply(request, progress.report, new AbortController().signal)
        .finally(progress.stop);
      await printResult(summary, options.output, () =>
        renderApply(summary, { colors: palette(process.stdout), width: widthOf(process.stdout) }),
      );
    });
}

/** Checked here, where the file is: mistakes are shown with the lines they are in. */
async function checkedText(file: string): Promise<string> {
  const { readSpecFile, readSpecText } = await import("../read-spec-file.js");
  await readSpecFile(file);
  return readSpecText(file);
}
