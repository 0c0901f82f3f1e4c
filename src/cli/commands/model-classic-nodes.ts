import type { Command } from "commander";
import type { ClassicClusterReport } from "../../apply/classic/classic-cluster-report.js";
import type { ClassicAddWish, ClassicRemoveWish } from "../../cluster/classic-wish.js";
import type { ClassicNodes } from "../../controller/classic-api.js";
import { Problem } from "../../runtime/problem.js";
import { exitCodeOf } from "../exit-code.js";
import { controllerOf } from "../find-controller.js";
import type { CommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { progressOn, showProgress } from "../progress.js";

/** Where the verbs of exo 0.0.x's registry work: here, or on nodes. */
export interface NodesOptions {
  readonly classic?: string | true;
  readonly nodes?: boolean;
  readonly on?: readonly string[];
}

/** `--on` alone means `--nodes` as well. */
export const withNodesOptions = (command: Command): Command =>
  command
    .option("--nodes", "with --classic: on every node that has an exo 0.0.x, on all of them or on none")
    .option("--on <names>", "only on these nodes, such as studio-1,studio-2 (default: all)", (text) =>
      text.split(",").map((name) => name.trim()),
    );

/** @throws Problem when a path is given as well: agents know where their exo is, and take no path from anybody */
export function isForNodes({ classic, nodes, on }: NodesOptions): boolean {
  const isAsked = nodes === true || on !== undefined;
  if (isAsked && typeof classic === "string")
    throw new Problem(
      "usage",
      "path_for_nodes",
      `--classic ${classic} names a place on this machine, and --nodes works on others`,
      "Leave the path out: each agent was told where its exo is when it was installed.",
    );
  return isAsked;
}

const nodesOf = ({ on }: NodesOptions): ClassicNodes => (on === undefined ? {} : { on });

type Options = CommonOptions & NodesOptions;

export async function addOnClassicNodes(wish: ClassicAddWish, options: Options): Promise<void> {
  const progress = showProgress(progressOn(process.stderr));
  const report = await controllerOf(options)
    .addClassicEntry({ wish, ...nodesOf(options) }, progress.report, new AbortController().signal)
    .finally(progress.stop);
  await print(report, wish.accepted, options);
}

export async function removeOnClassicNodes(wish: ClassicRemoveWish, options: Options): Promise<void> {
  const progress = showProgress(progressOn(process.stderr));
  const report = await controllerOf(options)
    .removeClassicEntry({ wish, ...nodesOf(options) }, progress.report, new AbortController().signal)
    .finally(progress.stop);
  await print(report, [], options);
}

async function print(report: ClassicClusterReport, accepted: readonly string[], { output }: Options): Promise<void> {
  const { renderClassicCluster } = await import("../render/classic-nodes-view.js");
  await printResult(report, output, () => renderClassicCluster(report, accepted, pageHere()));
  const isDone = ["done", "unchanged", "would-write"].includes(report.outcome);
  if (!isDone || report.comparison?.entry === "differs") process.exitCode = exitCodeOf("failed");
}

export async function listOnClassicNodes(options: Options): Promise<void> {
  const listing = await controllerOf(options).listClassicEntries(nodesOf(options));
  const { renderClassicListing } = await import("../render/classic-nodes-view.js");
  await printResult(listing, options.output, () => renderClassicListing(listing, pageHere()));
}

const pageHere = () => ({ colors: palette(process.stdout), width: widthOf(process.stdout) });
