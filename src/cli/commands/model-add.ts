import type { Command } from "commander";
import type { AddModelRequest } from "../../controller/entries/entries-api.js";
import type { Quantization } from "../../models/model-spec.js";
import { exitCodeOf } from "../exit-code.js";
import { controllerOf } from "../find-controller.js";
import type { CommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { progressOn, showProgress } from "../progress.js";

/** What `exoctl model add` takes for the nodes of a cluster. */
export interface AddOptions extends CommonOptions {
  readonly quantization: Quantization;
  readonly on?: readonly string[];
  readonly dryRun?: boolean;
}

/** Adds a model's entry on the nodes of the controller that runs here. */
export async function addOnNodes(model: string, options: AddOptions, command: Command): Promise<void> {
  const request: Omit<AddModelRequest, "by"> = {
    model,
    // Without the option it is the controller that knows what is meant.
    ...(command.getOptionValueSource("quantization") === "cli" ? { quantization: options.quantization } : {}),
    ...(options.on === undefined ? {} : { on: options.on }),
    mode: options.dryRun === true ? "dry-run" : "add",
  };
  const progress = showProgress(progressOn(process.stderr));
  const summary = await controllerOf(options)
    .addModel(request, progress.report, new AbortController().signal)
    .finally(progress.stop);
  const { renderAdd } = await import("../render/entries-view.js");
  const page = { colors: palette(process.stdout), width: widthOf(process.stdout) };
  await printResult(summary, options.output, () => renderAdd(summary, page));
  if (summary.nodes.some(({ problem }) => problem !== undefined)) process.exitCode = exitCodeOf("failed");
}
