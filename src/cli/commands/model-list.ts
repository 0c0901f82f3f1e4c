import type { Command } from "commander";
import { Problem } from "../../runtime/problem.js";
import { refuseClassicOnly } from "../one-road.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { listClassic } from "./model-classic.js";
import { type NodesOptions, withNodesOptions } from "./model-classic-nodes.js";

interface ListOptions extends CommonOptions, NodesOptions {
  readonly folder?: string;
  readonly all?: true;
}

const examples = `
Examples:
  exoctl model list                          # what every node has: cards, files, and what is wrong with them
  exoctl model list --all                    # with all the cards that exo ships
  exoctl model list --folder ~/.exo/models   # a folder on this disk; no controller needed
  exoctl model list --classic                # the entries of an exo 0.0.x here, with --nodes on every node`;

/** `exoctl model list`: of all nodes through the controller, or of one folder on this disk. */
export function addModelListCommand(model: Command): void {
  withCommonOptions(withNodesOptions(model.command("list")))
    .option("--folder <dir>", "a folder of models on this disk, such as ~/.exo/models, instead of the nodes")
    .option("--all", "also cards that exo ships for models of which no node has anything")
    .option("--classic [path]", "the entries of an exo 0.0.x, here or with --nodes on every node")
    .description("registry entries and model files on every node, and what is wrong with them")
    .addHelpText("after", examples)
    .action(async (options: ListOptions, command: Command) => {
      if (options.classic !== undefined) return await listClassic(options);
      refuseClassicOnly(command, ["--nodes", "--on"]);
      const { folder, all, output } = options;
      if (folder === undefined) return await listNodes(all === undefined ? "local" : "all", options);
      if (all !== undefined) throw folderAndAll();
      const models = await (await import("../inspect-folder.js")).listModelFolders(folder);
      const { renderModelFolders } = await import("../render/model-folders-view.js");
      await printResult(models, output, () => renderModelFolders(models, pageHere()));
    });
}

async function listNodes(cards: "local" | "all", options: CommonOptions): Promise<void> {
  const { controllerOf } = await import("../find-controller.js");
  const listing = await controllerOf(options).listModels({ cards }).catch(orFolder);
  const { renderModelList } = await import("../render/model-list-view.js");
  await printResult(listing, options.output, () => renderModelList(listing, pageHere()));
}

/** Whoever has no controller may have meant the folder. */
function orFolder(error: unknown): never {
  if (!(error instanceof Problem) || error.code !== "no_controller") throw error;
  const hint = `${error.hint ?? ""} A folder on this disk needs none: exoctl model list --folder DIR`.trim();
  throw new Problem(error.kind, error.code, error.message, hint, { cause: error });
}

const folderAndAll = (): Problem =>
  new Problem(
    "usage",
    "folder_and_all",
    "--all is about cards of the nodes and has no meaning with --folder",
    "Name one.",
  );

const pageHere = () => ({ colors: palette(process.stdout), width: widthOf(process.stdout) });
