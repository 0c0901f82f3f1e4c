import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { parse } from "yaml";
import { planCluster } from "../../plan/plan-cluster.js";
import type { PlanProblem } from "../../plan/plan-problem.js";
import type { PlanResult } from "../../plan/plan-result.js";
import { readPlanRequest } from "../../plan/read-plan-request.js";
import { readWhatIf } from "../../plan/read-what-if.js";
import type { RequestIssue } from "../../plan/request-issues.js";
import { supposeChanges } from "../../plan/suppose-changes.js";
import { planWhatIf } from "../../plan/what-if.js";
import { Problem } from "../../runtime/problem.js";
import { exitCodeOf } from "../exit-code.js";
import { controllerHere } from "../find-controller.js";
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
    .option("--inventory <file>", "plan offline from a YAML or JSON description of nodes and links")
    .option("--model <name>", "a model of the cluster file (default: its first)")
    .option("--compare", "show what exo 1.x and exo 0.0.x would do by themselves, and what that costs")
    .option("--what-if <changes>", "before and after: add=m3ultra-512,remove=studio-2,link=studio-1:studio-3=rdma")
    .action(async (options: PlanOptions) => {
      const { inventory } = options;
      if (options.whatIf !== undefined) return showWhatIf(options, options.whatIf);
      const result = inventory === undefined ? await planRunning(options) : planCluster(await readInventory(inventory));
      printResult(result, options.output, () => renderPlan(result, pageHere(), viewOf(options)));
      if (result.kind === "infeasible") process.exitCode = exitCodeOf("infeasible");
    });
}

const pageHere = () => ({ colors: palette(process.stdout), width: widthOf(process.stdout) });

const viewOf = ({ compare }: PlanOptions): PlanView => ({ exo: compare === true ? "shown" : "hidden" });

const planRunning = (options: PlanOptions): Promise<PlanResult> =>
  controllerHere().plan(options.model === undefined ? {} : { model: options.model });

async function showWhatIf(options: PlanOptions, changes: string): Promise<void> {
  if (options.inventory === undefined) {
    const hint = "Describe the cluster in a file and name it with --inventory.";
    throw new Problem("usage", "what_if_needs_inventory", "--what-if works on a described cluster", hint);
  }
  const problem = await readInventory(options.inventory);
  const read = readWhatIf(changes);
  if (read.kind === "invalid") throw badInput("bad_what_if", read.issues);
  const supposed = supposeChanges(problem, read.suppositions);
  if ("issues" in supposed) throw badInput("bad_what_if", supposed.issues);
  const result = planWhatIf(problem, supposed.problem, supposed.notes);
  printResult(result, options.output, () => renderWhatIf(result, pageHere(), viewOf(options)));
  if (result.after.kind === "infeasible") process.exitCode = exitCodeOf("infeasible");
}

async function readInventory(file: string): Promise<PlanProblem> {
  const text = await readFile(file === "-" ? "/dev/stdin" : file, "utf8").catch((cause: unknown) => {
    throw new Problem("usage", "no_inventory", `can't read ${file}`, "Name a file with nodes, links and a model.", {
      cause,
    });
  });
  const read = readPlanRequest(parseDocument(text, file));
  if (read.kind === "ok") return read.problem;
  throw badInput("bad_inventory", read.issues, `${file}: `);
}

function badInput(code: string, issues: readonly RequestIssue[], prefix = ""): Problem {
  const lines = issues.map((issue) => `${prefix}${issue.path === "" ? "(top)" : issue.path}: ${issue.problem}`);
  return new Problem("usage", code, lines.join("\n"), "Correct these and run the command again.");
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
