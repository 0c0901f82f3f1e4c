import type { Command } from "commander";
import type { PlanResult } from "../../plan/plan-result.js";
import type { WhatIf } from "../../plan/what-if.js";
import { exitCodeOf } from "../exit-code.js";
import { controllerOf } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { type PlanView, renderPlan } from "../render/plan-view.js";
import { renderWhatIf } from "../render/what-if-view.js";

interface PlanOptions extends CommonOptions {
  readonly inventory?: string;
  readonly model?: string;
  readonly compare?: boolean;
  readonly whatIf?: string;
}

/** `exoctl plan`: the placement, its reasons and predictions. Exit code 3 when nothing fits. */
export function addPlanCommand(program: Command): void {
  withCommonOptions(program.command("plan"))
    .description("which node would run which layers, why, and how fast")
    .option(
      "--inventory <file>",
      "plan a described cluster (YAML or JSON: nodes, links, a model) instead of the running one",
    )
    .option("--model <name>", "a model of the cluster file (default: its first)")
    .option("--compare", "show what exo 1.x and exo 0.0.x would do by themselves, and what that costs")
    .option("--what-if <changes>", "before and after: add=m3ultra-512,remove=studio-2,link=studio-1:studio-3=rdma")
    .action(async (options: PlanOptions) => {
      if (options.whatIf !== undefined) return showWhatIf(options, options.whatIf);
      const result = await (options.inventory === undefined ? planRunning(options) : planFile(options.inventory));
      await printResult(result, options.output, () => renderPlan(result, pageHere(), viewOf(options)));
      if (result.kind === "infeasible") process.exitCode = exitCodeOf("infeasible");
    });
}

const pageHere = () => ({ colors: palette(process.stdout), width: widthOf(process.stdout) });

const viewOf = ({ compare }: PlanOptions): PlanView => ({ exo: compare === true ? "shown" : "hidden" });

/** The model of a request to the controller: its first one where none is named. */
const wanted = ({ model }: PlanOptions) => (model === undefined ? {} : { model });

const planRunning = (options: PlanOptions): Promise<PlanResult> => controllerOf(options).plan(wanted(options));

const planFile = async (file: string): Promise<PlanResult> => (await import("../plan-offline.js")).planOffline(file);

async function showWhatIf(options: PlanOptions, changes: string): Promise<void> {
  const result = await (options.inventory === undefined
    ? controllerOf(options).whatIf({ changes, ...wanted(options) })
    : whatIfFile(options.inventory, changes));
  await printResult(result, options.output, () => renderWhatIf(result, pageHere(), viewOf(options)));
  if (result.after.kind === "infeasible") process.exitCode = exitCodeOf("infeasible");
}

const whatIfFile = async (file: string, changes: string): Promise<WhatIf> =>
  (await import("../plan-offline.js")).whatIfOffline(file, changes);
