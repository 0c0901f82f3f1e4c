import { type Command, Option } from "commander";
import type { AdminClient } from "../../adapters/http/admin-client.js";
import type { ConvertRequest } from "../../controller/convert-api.js";
import { defaultTarget } from "../../models/convert/default-target.js";
import type { Quantization } from "../../models/model-spec.js";
import { quantizations } from "../../models/quantized-bytes.js";
import { readModelId } from "../../register/entry-schema.js";
import { controllerOf } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { progressOn, showProgress } from "../progress.js";
import { renderConversion } from "../render/convert-view.js";
import { stopSignal } from "../until-stopped.js";

interface ConvertOptions extends CommonOptions {
  readonly on?: string;
  readonly quantization: Quantization;
  readonly as?: string;
  readonly dryRun?: true;
}

const examples = `
Examples:
  exoctl model convert openai/gpt-oss-120b --dry-run
  exoctl model convert openai/gpt-oss-120b --on studio-1 --quantization affine-4    # makes local/gpt-oss-120b-4bit

Ctrl-C cancels the conversion; nothing of it is left on the node then.`;

/** `exoctl model convert`: lets mlx_lm's converter run on a node. */
export function addConvertCommand(model: Command): void {
  withCommonOptions(model.command("convert"))
    .argument("<source>", "id of a model in exo's models folder of a node, such as openai/gpt-oss-120b")
    .description("convert a model with mlx_lm on a node, checked before and after")
    .option("--on <node>", "the node that converts (default: the only one that has the source)")
    .addOption(new Option("--quantization <name>", "what to make").choices(quantizations).default("MXFP4-Q8"))
    .option("--as <id>", "id of the result (default: local/, the source's name and the quantisation)")
    .option("--dry-run", "only check, and print what would be done")
    .addHelpText("after", examples)
    .action(async (source: string, options: ConvertOptions) => {
      const request: ConvertRequest = {
        source,
        quantization: options.quantization,
        mode: options.dryRun === true ? "dry-run" : "convert",
        ...(options.as === undefined ? {} : { target: options.as }),
        ...(options.on === undefined ? {} : { node: options.on }),
      };
      const progress = showProgress(progressOn(process.stderr));
      const summary = await convert(controllerOf(options), request, progress.report).finally(progress.stop);
      await printResult(summary, options.output, () =>
        renderConversion(summary, { colors: palette(process.stdout), width: widthOf(process.stdout) }),
      );
    });
}

/** Converts. Told to stop, it has the conversion cancelled and waits for the node to say that nothing is left of it. */
async function convert(client: AdminClient, request: ConvertRequest, report: Parameters<AdminClient["convert"]>[1]) {
  const gone = new AbortController();
  const id = readModelId(request.source);
  const target = request.target ?? (id === undefined ? undefined : defaultTarget(id, request.quantization));
  const cancel = async (): Promise<void> => {
    if (target === undefined) return gone.abort();
    report({ kind: "info", text: "cancelling; press Ctrl-C again not to wait for the node" });
    const { node } = await client.cancelConversion({ target });
    if (node === null) gone.abort(new Error("cancelled before anything was written"));
  };
  const stop = stopSignal();
  stop.addEventListener("abort", () => void cancel().catch((error: unknown) => gone.abort(error)), { once: true });
  try {
    return await client.convert(request, report, gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    const { Problem } = await import("../../runtime/problem.js");
    throw new Problem("failed", "cancelled", "cancelled before anything was written", undefined, { cause: error });
  }
}
