import { type Command, Option } from "commander";
import { quantizations } from "../../models/quantized-bytes.js";
import { Problem } from "../../runtime/problem.js";
import { checkedRate } from "../checked-rate.js";
import { exitCodeOf } from "../exit-code.js";
import { controllerOf } from "../find-controller.js";
import { withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { progressOn, showProgress } from "../progress.js";
import { stopSignal } from "../until-stopped.js";
import { isOffline, type OfflineOptions, syncOffline, withOfflineOptions } from "./model-sync-offline.js";

interface SyncOptions extends OfflineOptions {
  readonly from?: string;
  readonly to?: string;
  readonly limit?: string;
}

const examples = `
Examples:
  exoctl model sync gpt-oss-120b                              # to every node that lacks it
  exoctl model sync gpt-oss-120b --to studio-3 --limit 500MB/s
  exoctl model sync lab/my-conversion --from studio-1 -o json
  exoctl model sync gpt-oss-120b --offline --export /Volumes/USB/gpt-oss   # here, without a controller

Nodes fetch from each other, so many copies take little longer than one. Every piece is checked against its SHA-256, and the
model appears under its name when all of it has been read back. Ctrl-C ends it; the same command goes on where it was.
Ends with 0 when every node has the model, with 1 when a node could not get it.`;

const stopped = (): Problem =>
  new Problem("failed", "stopped", "the copy was stopped", "Run the same command again: it goes on where it was.");

/** `exoctl model sync`: one verified copy to every node. */
export function addModelSyncCommand(model: Command): void {
  withOfflineOptions(withCommonOptions(model.command("sync")))
    .argument("<model>", "a catalogue name such as gpt-oss-120b, or an id such as owner/name")
    .description("copy a model's files to the nodes that lack them")
    .addOption(new Option("--quantization <kind>", "of a catalogue model").choices(quantizations))
    .option("--from <node>", "only from this node (default: from every node that has it)")
    .option("--to <nodes>", "nodes, separated by commas (default: all that lack it)")
    .option("--limit <rate>", "what each node sends at most, such as 500MB/s")
    .addHelpText("after", examples)
    .action(async (name: string, options: SyncOptions) => {
      if (isOffline(options)) return await syncOffline(name, options);
      const to = options.to?.split(",").map((node) => node.trim());
      const progress = showProgress(progressOn(process.stderr));
      const request = {
        model: name,
        ...(options.quantization === undefined ? {} : { quantization: options.quantization }),
        ...(options.from === undefined ? {} : { from: options.from }),
        ...(to === undefined ? {} : { to: to.filter((node) => node !== "") }),
        ...(options.limit === undefined ? {} : { bytesPerSec: checkedRate(options.limit, "--limit") }),
      };
      const stop = stopSignal();
      const summary = await controllerOf(options)
        .syncModel(request, progress.report, stop)
        .catch((error: unknown) => Promise.reject(stop.aborted ? stopped() : error))
        .finally(progress.stop);
      const { renderSync } = await import("../render/sync-view.js");
      const page = { colors: palette(process.stdout), width: widthOf(process.stdout) };
      await printResult(summary, options.output, () => renderSync(summary, page));
      if (summary.nodes.some(({ outcome }) => outcome === "failed")) process.exitCode = exitCodeOf("failed");
    });
}
