import { type Command, Option } from "commander";
import { controllerOf } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { renderNodeChange, renderNodes } from "../render/nodes-view.js";

interface RemoveOptions extends CommonOptions {
  readonly evenServing?: boolean;
}

/** `exoctl nodes`: who belongs to the cluster, and who takes layers. */
export function addNodesCommand(program: Command): void {
  const nodes = program.command("nodes").description("who belongs to the cluster, and who takes layers");
  withCommonOptions(nodes.command("list"))
    .description("every enrolled node: its state, machine, address and key")
    .action(async (options: CommonOptions) => {
      const list = await controllerOf(options).listNodes();
      const page = { colors: palette(process.stdout), width: widthOf(process.stdout) };
      await printResult(list, options.output, () => renderNodes(list, page));
    });
  const one = (name: string): Command =>
    withCommonOptions(nodes.command(name)).argument("<node>", "its name, as in `nodes list`");
  one("approve")
    .description("let a node that waits for it take layers; compare its pin words first")
    .action(async (node: string, options: CommonOptions) => {
      await print(await controllerOf(options).approveNode({ node }), "may take layers", options);
    });
  one("cordon")
    .description("let a node take no new layers; what it serves goes on")
    .action(async (node: string, options: CommonOptions) => {
      await print(await controllerOf(options).cordonNode({ node, mode: "cordon" }), "takes no new layers", options);
    });
  one("uncordon")
    .description("let a cordoned node take layers again")
    .action(async (node: string, options: CommonOptions) => {
      await print(await controllerOf(options).cordonNode({ node, mode: "uncordon" }), "takes layers again", options);
    });
  one("remove")
    .description("revoke a node's key: it is not asked any more and joins again only by a new token")
    .addOption(new Option("--even-serving", "although it has layers of a running instance"))
    .action(async (node: string, options: RemoveOptions) => {
      const even = options.evenServing === true ? ({ even: "serving" } as const) : {};
      await print(await controllerOf(options).removeNode({ node, ...even }), "does not belong to the cluster", options);
    });
}

const print = (change: Parameters<typeof renderNodeChange>[0], what: string, options: CommonOptions): Promise<void> =>
  printResult(change, options.output, () => renderNodeChange(change, what));
