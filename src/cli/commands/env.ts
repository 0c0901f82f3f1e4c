import { Argument, type Command } from "commander";
import { controllerOf } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { printResult } from "../output.js";
import { type ClientKind, clientSettings, renderEnv } from "../render/env-view.js";

/** `exoctl env`: settings to paste for a client of the gateway. */
export function addEnvCommand(program: Command): void {
  withCommonOptions(program.command("env"))
    .description("ready-to-paste settings for clients of the gateway")
    .addArgument(
      new Argument("[client]", "which client").choices(["openai", "claude-code", "open-webui"]).default("openai"),
    )
    .action(async (client: ClientKind, options: CommonOptions) => {
      const info = await controllerOf(options).info();
      const settings = clientSettings(client, info);
      await printResult(settings, options.output, () => renderEnv(settings));
    });
}
