import { type Command, Option } from "commander";
import { quantizations } from "../../models/quantized-bytes.js";
import { withCommonOptions } from "../options.js";
import { type OfflineOptions, syncOffline, withOfflineOptions } from "./model-sync-offline.js";

/** `exoctl model sync`: one verified copy to every node. */
export function addModelSyncCommand(model: Command): void {
  withOfflineOptions(withCommonOptions(model.command("sync")))
    .argument("<model>", "a catalogue name such as gpt-oss-120b, or an id such as owner/name")
    .description("copy a model's files to the nodes that lack them")
    .addOption(new Option("--quantization <kind>", "of a catalogue model").choices(quantizations))
    .action((name: string, options: OfflineOptions) => syncOffline(name, options));
}
