import type { Command } from "commander";
import type { PlanResult } from "../../plan/plan-result.js";
import { exitCodeOf } from "../exit-code.js";
import { controllerHere } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { renderPlan } from "../render/plan-view.js";

interface PlanOptions extends CommonOptions {
  readonly inventory?: string;
  readonly model?: string;
}

/** `exoctl plan`: the placement, its reasons and predictions. Exit code 3 when nothing fits. */
export function addPlanCommand(program: Command): void {
  withCommonOptions(program.command("plan"))
    .description("which node would run which layers, why, and how fast")
    .option("--inventory <file>", "plan offline from a YAML or JSON description of nodes and links")
    .option("--model <name>", "a model of the cluster file (default: its first)")
    .action(async (options: PlanOptions) => {
      const result = options.inventory === undefined ? await planRunning(options) : await offline(options.inventory);
      await printResult(result, options.output, () =>
        renderPlan(result, { colors: palette(process.stdout), width: widthOf(process.stdout) }),
      );
      if (result.kind === "infeasible") process.exitCode = exitCodeOf("infeasible");
    });
}

const planRunning = (options: PlanOptions): Promise<PlanResult> =>
  controllerHere().plan(options.model === undefined ? {} : { model: options.model });

const offline = async (file: string): Promise<PlanResult> => (await import("../plan-offline.js")).planOffline(file);
