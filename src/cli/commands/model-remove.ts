import type { RemoveModelRequest } from "../../controller/entries/entries-api.js";
import type { Quantization } from "../../models/model-spec.js";
import { exitCodeOf } from "../exit-code.js";
import { controllerOf } from "../find-controller.js";
import type { CommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { progressOn, showProgress } from "../progress.js";

/** What `exoctl model remove` takes for the nodes of a cluster. */
export interface RemoveOptions extends CommonOptions {
  readonly quantization?: Quantization;
  readonly on?: readonly string[];
  readonly files?: boolean;
  readonly named?: string;
  readonly dryRun?: boolean;
}

/** Removes a model's entries, and its files if asked to, on the nodes of the controller that runs here. */
export async function removeOnNodes(model: string, options: RemoveOptions): Promise<void> {
  const { quantization, on, named } = options;
  const request: RemoveModelRequest = {
    model,
    ...(quantization === undefined ? {} : { quantization }),
    ...(on === undefined ? {} : { on }),
    files: options.files === true ? "remove" : "keep",
    ...(named === undefined ? {} : { named }),
    mode: options.dryRun === true ? "dry-run" : "remove",
  };
  const progress = showProgress(progressOn(process.stderr));
  const summary = await controllerOf(options)
    .removeModel(request, progress.report, new AbortController().signal)
    .finally(progress.stop);
  const { renderRemove } = await import("../render/entries-view.js");
  const page = { colors: palette(process.stdout), width: widthOf(process.stdout) };
  await printResult(summary, options.output, () => renderRemove(summary, page));
  if (summary.nodes.some(({ problem }) => problem !== undefined)) process.exitCode = exitCodeOf("failed");
}
