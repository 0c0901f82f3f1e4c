import type { Command } from "commander";
import { Problem } from "../../runtime/problem.js";
import { exitCodeOf } from "../exit-code.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { addClassicModelCommands, listClassic } from "./model-classic.js";
import { type NodesOptions, withNodesOptions } from "./model-classic-nodes.js";
import { addModelSyncCommand } from "./model-sync.js";

const examples = `
Examples:
  exoctl model inspect ~/.exo/models/mlx-community--gpt-oss-120b-MXFP4-Q8
  exoctl model inspect ./mlx_models/gpt-oss-120b-4bit -o json    # .model is a model for \`plan --inventory\`

Ends with 0 when the model is complete, with 1 when it is incomplete, broken or of no use to exo.`;

/** `exoctl model`: model files, and entries of exo 0.0.x. Neither a controller nor a running exo is needed. */
export function addModelCommand(program: Command): void {
  const model = program.command("model").description("registry entries and model files");
  withCommonOptions(withNodesOptions(model.command("list")))
    .option("--folder <dir>", "a folder of models on this disk, such as ~/.exo/models")
    .option("--classic [path]", "the entries of an exo 0.0.x, here or with --nodes on every node")
    .description("the models in a folder, or the entries of exo 0.0.x, and what is wrong with them")
    .action(async (options: ListOptions) => {
      const { folder, output } = options;
      if (options.classic !== undefined) return await listClassic(options);
      if (folder === undefined) throw nothingToList();
      const models = await (await import("../inspect-folder.js")).listModelFolders(folder);
      const { renderModelFolders } = await import("../render/model-folders-view.js");
      await printResult(models, output, () => renderModelFolders(models, pageHere()));
    });
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
  addClassicModelCommands(model);
}

interface ListOptions extends CommonOptions, NodesOptions {
  readonly folder?: string;
}

const nothingToList = (): Problem =>
  new Problem(
    "usage",
    "nothing_to_list",
    "it is not said what to list",
    "Name a folder of models with --folder DIR, or --classic for the entries of an exo 0.0.x.",
  );

const pageHere = () => ({ colors: palette(process.stdout), width: widthOf(process.stdout) });
