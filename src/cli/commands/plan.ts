import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { parse } from "yaml";
import { planCluster } from "../../plan/plan-cluster.js";
import type { PlanResult } from "../../plan/plan-result.js";
import { readPlanRequest } from "../../plan/read-plan-request.js";
import { Problem } from "../../runtime/problem.js";
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
      const result =
        options.inventory === undefined ? await planRunning(options) : await planOffline(options.inventory);
      printResult(result, options.output, () =>
        renderPlan(result, { colors: palette(process.stdout), width: widthOf(process.stdout) }),
      );
      if (result.kind === "infeasible") process.exitCode = exitCodeOf("infeasible");
    });
}

const planRunning = (options: PlanOptions): Promise<PlanResult> =>
  controllerHere().plan(options.model === undefined ? {} : { model: options.model });

async function planOffline(file: string): Promise<PlanResult> {
  const text = await readFile(file === "-" ? "/dev/stdin" : file, "utf8").catch((cause: unknown) => {
    throw new Problem("usage", "no_inventory", `can't read ${file}`, "Name a file with nodes, links and a model.", {
      cause,
    });
  });
  const read = readPlanRequest(parseDocument(text, file));
  if (read.kind === "ok") return planCluster(read.problem);
  const lines = read.issues.map((issue) => `${file}: ${issue.path === "" ? "(top)" : issue.path}: ${issue.problem}`);
  throw new Problem("usage", "bad_inventory", lines.join("\n"), "Correct these and run the command again.");
}

function parseDocument(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "not YAML";
    throw new Problem(
      "usage",
      "bad_inventory",
      `${file} is neither YAML nor JSON: ${reason}`,
      "Correct it and run the command again.",
      { cause },
    );
  }
}
