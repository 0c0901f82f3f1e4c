import type { Command } from "commander";
import { Problem } from "../../runtime/problem.js";
import { controllerOf, gatewaySocketHere } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { printableText, printResult } from "../output.js";
import { progressOn, showProgress } from "../progress.js";

interface RunOptions extends CommonOptions {
  readonly prompt?: string;
}

/** `exoctl run MODEL [PROMPT]`: converge, wait until ready, answer. The answer alone goes to standard output. */
export function addRunCommand(program: Command): void {
  withCommonOptions(program.command("run"))
    .description("make sure a model runs, and ask it something")
    .argument("<model>", "a name of the catalogue, such as gpt-oss-120b")
    .argument("[prompt]", "what to ask; without it the model is only brought up")
    .option("--prompt <text>", "what to ask, as exo 0.x had it")
    .action(async (model: string, argument: string | undefined, options: RunOptions) => {
      if (argument !== undefined && options.prompt !== undefined)
        throw new Problem(
          "usage",
          "two_prompts",
          "the prompt is given twice",
          "Give it as an argument or with --prompt.",
        );
      await run(model, argument ?? options.prompt, options);
    });
}

async function run(model: string, prompt: string | undefined, options: RunOptions): Promise<void> {
  if (prompt !== undefined && options.controller !== undefined) throw promptElsewhere();
  const controller = controllerOf(options);
  const progress = showProgress(progressOn(process.stderr));
  const request = { model, mode: "apply" } as const;
  // Never aborted: Ctrl-C ends this process, and closed connections tell the controller and the gateway.
  const { signal } = new AbortController();
  await controller.apply(request, progress.report, signal).finally(progress.stop);
  if (prompt === undefined) return;
  const info = await controller.info();
  const text = options.output === "text";
  const onText = (piece: string): void => void (text && process.stdout.write(printableText(piece)));
  const { askGateway } = await import("../ask-gateway.js");
  const answer = await askGateway({
    gateway: info.gateway,
    socketPath: gatewaySocketHere(),
    model,
    prompt,
    onText,
    signal,
  });
  // In text the answer has been printed as it came; what is missing is the end of its last line.
  await printResult({ model, ...answer }, options.output, () => [""]);
}

/** Questions are answered by the gateway, which takes other keys than the admin API. */
const promptElsewhere = (): Problem =>
  new Problem(
    "usage",
    "prompt_elsewhere",
    "with --controller a model is brought up, and not asked",
    "Leave the prompt out, and ask the gateway of that controller with a client of yours: `exoctl env` prints its settings.",
  );
