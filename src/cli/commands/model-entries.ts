import { type Command, Option } from "commander";
import { quantizations } from "../../models/quantized-bytes.js";
import { refuseClassicOnly, refuseNodesOnly } from "../one-road.js";
import { withCommonOptions } from "../options.js";
import { type AddOptions, addOnNodes } from "./model-add.js";
import { addClassic, type ClassicAdd, type ClassicRemove, removeClassic } from "./model-classic.js";
import { withNodesOptions } from "./model-classic-nodes.js";
import { type RemoveOptions, removeOnNodes } from "./model-remove.js";

const addExamples = `
Examples:
  exoctl model add gpt-oss-120b                     # its entry in the registry of every node, kept there from then on
  exoctl model add gpt-oss-20b --on studio-1,studio-2 --dry-run
  exoctl model add gpt-oss-120b --classic ~/exo --dry-run
  exoctl model add gpt-oss-120b --classic --nodes   # exo 0.0.x on every node, or on none
  exoctl model add my-model --classic ~/exo --layers 32 --repo owner/name --label "My model"

Ends with 0 when the registry says what it should (with --dry-run: when it could be made to), with 1 when something is in the way.`;

const removeExamples = `
Examples:
  exoctl model remove gpt-oss-120b                  # its entries and links; no file of the model
  exoctl model remove gpt-oss-120b --files --dry-run
  exoctl model remove gpt-oss-120b --files --named mlx-community/gpt-oss-120b-MXFP4-Q8

Ends with 0 when it is gone (with --dry-run: when it could go), with 1 when something is in the way on a node.`;

const classicAddOnly = ["--id", "--repo", "--layers", "--label", "--engine", "--accept", "--replace", "--nodes"];
const classicRemoveOnly = ["--id", "--nodes"];
const modernRemoveOnly = ["--quantization", "--files", "--named"];

/** The verbs that change registries: those of the nodes, or with --classic the one of an exo 0.0.x, here or on nodes. */
export function addEntryCommands(model: Command): void {
  withCommonOptions(entryVerb(model, "add"))
    .argument(
      "<model>",
      "a model of the catalogue, or an id owner/name; for exo 0.0.x any name with --layers and --repo",
    )
    .description("add a model to the registry of every node, or to exo 0.0.x's models.py")
    .option("--id <name>", "what exo 0.0.x and its clients call it (default: the model's name without gpt-)")
    .option("--repo <owner/name>", "the repository whose files exo 0.0.x loads")
    .option("--layers <n>", "how many layers the model has")
    .option("--label <text>", "the name on exo's page")
    .option("--engine <name>", "mlx, tinygrad or dummy", "mlx")
    .addOption(
      new Option("--quantization <name>", "of a catalogue model").choices([...quantizations]).default("MXFP4-Q8"),
    )
    .option("--accept <faults>", "write although these faults stand, by their codes", (text) => text.split(","))
    .option("--replace", "replace an entry that says something else")
    .addHelpText("after", addExamples)
    .action(async (name: string, options: AddOptions & ClassicAdd, command: Command) => {
      if (options.classic !== undefined) return await addClassic(name, options);
      refuseClassicOnly(command, classicAddOnly);
      await addOnNodes(name, options, command);
    });
  withCommonOptions(entryVerb(model, "remove"))
    .argument("<model>", "as it was added, or the id of an entry")
    .description("take a model that exoctl added out of the registries, and its files if asked to")
    .option("--id <name>", "what exo 0.0.x calls it (default: the model's name without gpt-)")
    .addOption(new Option("--quantization <name>", "of a catalogue model").choices([...quantizations]))
    .option("--files", "delete the model's files as well, as far as exoctl has put them there")
    .option("--named <owner/name>", "with --files: also those that exoctl did not put there; their exact id")
    .addHelpText("after", removeExamples)
    .action(async (name: string, options: RemoveOptions & ClassicRemove, command: Command) => {
      if (options.classic !== undefined) {
        refuseNodesOnly(command, modernRemoveOnly);
        return await removeClassic(name, options);
      }
      refuseClassicOnly(command, classicRemoveOnly);
      await removeOnNodes(name, options);
    });
}

const entryVerb = (model: Command, verb: string): Command =>
  withNodesOptions(model.command(verb))
    .option(
      "--classic [path]",
      "exo 0.0.x: its checkout, virtual environment or models.py (default: the one of `exo`), or with --nodes the nodes'",
    )
    .option("--dry-run", "show what would be changed and what stands in the way");
