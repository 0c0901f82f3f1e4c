import { type Command, Option } from "commander";
import { quantizations } from "../../models/quantized-bytes.js";
import type { ClassicFiles } from "../../register/classic/classic-files.js";
import type { ClassicAddOptions } from "../classic-request.js";
import { exitCodeOf } from "../exit-code.js";
import { refuseClassicOnly, refuseNodesOnly } from "../one-road.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { type AddOptions, addOnNodes } from "./model-add.js";
import {
  addOnNodes as addOnClassicNodes,
  isForNodes,
  listOnNodes,
  type NodesOptions,
  removeOnNodes as removeOnClassicNodes,
  withNodesOptions,
} from "./model-classic-nodes.js";
import { type RemoveOptions, removeOnNodes, removeOptions } from "./model-remove.js";

interface ClassicOption {
  /** `true` when no path was named; absent: the nodes of the controller that runs here. */
  readonly classic?: string | true;
}

const addExamples = `
Examples:
  exoctl model add gpt-oss-120b                     # its entry in the registry of every node, kept there from then on
  exoctl model add gpt-oss-20b --on studio-1,studio-2 --dry-run
  exoctl model add gpt-oss-120b --classic ~/exo --dry-run
  exoctl model add gpt-oss-120b --classic --nodes            # on every node, or on none
  exoctl model add my-model --classic ~/exo --layers 32 --repo owner/name --label "My model"

Ends with 0 when the registry says what it should (with --dry-run: when it could be made to), with 1 when something is in the way.`;

const removeExamples = `
Examples:
  exoctl model remove gpt-oss-120b                  # its entries and links; no file of the model
  exoctl model remove gpt-oss-120b --files --dry-run
  exoctl model remove gpt-oss-120b --files --named mlx-community/gpt-oss-120b-MXFP4-Q8

Ends with 0 when it is gone (with --dry-run: when it could go), with 1 when something is in the way on a node.`;

/** The verbs that change registries: those of the nodes, or the one of an exo 0.0.x on this machine, without a controller. */
export function addClassicModelCommands(model: Command): void {
  withCommonOptions(classicVerb(model, "add"))
    .argument(
      "<model>",
      "a model of the catalogue, or an id owner/name; for exo 0.0.x any name with --layers and --repo",
    )
    .description("add a model to the registry of every node, or to exo 0.0.x's models.py on this machine or on nodes")
    .option("--id <name>", "what exo and its clients call it (default: the model's name without gpt-)")
    .option("--repo <owner/name>", "the repository whose files exo loads")
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
      if (options.classic !== undefined) return await add(name, options);
      refuseClassicOnly(command, ["--id", "--repo", "--layers", "--label", "--engine", "--accept", "--replace"]);
      await addOnNodes(name, options, command);
    });
  removeOptions(withCommonOptions(classicVerb(model, "remove")))
    .argument("<model>", "as it was added, or the id of an entry")
    .description("take a model that exoctl added out of the registries, and its files if asked to")
    .option("--id <name>", "what exo 0.0.x calls it (default: the model's name without gpt-)")
    .addHelpText("after", removeExamples)
    .action(async (name: string, options: RemoveOptions & ClassicRemove, command: Command) => {
      if (options.classic !== undefined) {
        refuseNodesOnly(command, ["--quantization", "--files", "--named"]);
        return await remove(name, options);
      }
      refuseClassicOnly(command, ["--id"]);
      await removeOnNodes(name, options);
    });
}

const classicVerb = (model: Command, verb: string): Command =>
  withNodesOptions(model.command(verb))
    .option(
      "--classic [path]",
      "exo 0.0.x on this machine: its checkout, virtual environment or models.py (default: the one of `exo`)",
    )
    .option("--dry-run", "show what would be changed and what stands in the way");

type ClassicAdd = CommonOptions & ClassicOption & NodesOptions & ClassicAddOptions;

async function add(model: string, options: ClassicAdd): Promise<void> {
  const { classicAddRequest } = await import("../classic-request.js");
  const { addClassicEntry } = await import("../../agent/add-classic-entry.js");
  const request = classicAddRequest(model, options);
  if (isForNodes(options)) return await addOnClassicNodes(request, options);
  const report = await addClassicEntry(await openHere(options), request);
  const { renderClassicAdd } = await import("../render/classic-view.js");
  await printResult(report, options.output, () => renderClassicAdd(report, request.accepted, pageHere()));
  if (["differs", "blocked", "refused"].includes(report.outcome)) process.exitCode = exitCodeOf("failed");
}

interface ClassicRemove extends CommonOptions, NodesOptions {
  readonly id?: string;
  readonly dryRun?: boolean;
}

async function remove(model: string, options: ClassicRemove): Promise<void> {
  const { classicId } = await import("../classic-request.js");
  const { removeClassicEntry } = await import("../../agent/remove-classic-entry.js");
  const effect = options.dryRun === true ? "show" : "write";
  const id = classicId(model, options.id);
  if (isForNodes(options)) return await removeOnClassicNodes({ id, effect }, options);
  const report = await removeClassicEntry(await openHere(options), { id, effect });
  const { renderClassicRemove } = await import("../render/classic-view.js");
  await printResult(report, options.output, () => renderClassicRemove(report, pageHere()));
  if (report.outcome === "refused") process.exitCode = exitCodeOf("failed");
}

/** What exoctl wrote into the registry here, or on the nodes. */
export async function listClassic(options: CommonOptions & NodesOptions): Promise<void> {
  if (isForNodes(options)) return await listOnNodes(options);
  const { describeClassic } = await import("../../agent/describe-classic.js");
  const { compareFiles } = await import("../../apply/classic/compare-files.js");
  const description = await describeClassic(await openHere({ classic: options.classic ?? true }), []);
  const here = { node: "here", description };
  const listing = { nodes: [{ ...here, trouble: null }], comparison: compareFiles([here], []) };
  const { renderClassicListing } = await import("../render/classic-nodes-view.js");
  await printResult(listing, options.output, () => renderClassicListing(listing, pageHere()));
}

async function openHere({ classic = true }: ClassicOption): Promise<ClassicFiles> {
  const { openClassicDisk } = await import("../../adapters/files/classic-disk.js");
  const { classicPlaces } = await import("../classic-places.js");
  return await openClassicDisk(await classicPlaces(classic));
}

const pageHere = () => ({ colors: palette(process.stdout), width: widthOf(process.stdout) });
