import type { Command } from "commander";
import { exitCodeOf } from "../exit-code.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { addConvertCommand } from "./model-convert.js";
import { addEntryCommands } from "./model-entries.js";
import { addModelListCommand } from "./model-list.js";
import { addModelSyncCommand } from "./model-sync.js";

const examples = `
Examples:
  exoctl model inspect ~/.exo/models/mlx-community--gpt-oss-120b-MXFP4-Q8
  exoctl model inspect ./mlx_models/gpt-oss-120b-4bit -o json    # .model is a model for \`plan --inventory\`

Ends with 0 when the model is complete, with 1 when it is incomplete, broken or of no use to exo.`;

/** `exoctl model`: registry entries and model files, of the nodes or on this disk. */
export function addModelCommand(program: Command): void {
  const model = program.command("model").description("registry entries and model files");
  addModelListCommand(model);
  withCommonOptions(model.command("inspect"))
    .argument("<dir>", "a folder with config.json and safetensors files")
    .description("what a model folder holds, whether it is complete, and what exo will make of it")
    .addHelpText("after", examples)
    .action(async (folder: string, options: CommonOptions) => {
      const inspection = await (await import("../inspect-folder.js")).inspectFolder(folder);
      const { renderInspection } = await import("../render/inspection-view.js");
      await printResult(inspection, options.output, () => renderInspection(inspection, pageHere()));
      if (inspection.verdict !== "complete") process.exitCode = exitCodeOf("failed");
    });
  addModelSyncCommand(model);
  addConvertCommand(model);
  addEntryCommands(model);
}

const pageHere = () => ({ colors: palette(process.stdout), width: widthOf(process.stdout) });
