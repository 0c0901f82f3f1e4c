import { join } from "node:path";
import type { Command } from "commander";
import { stateHome } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { printResult } from "../output.js";

/** `exoctl agent forget`: this machine leaves its controller, whatever that one thinks of it. */
export function addAgentForgetCommand(agent: Command): void {
  withCommonOptions(agent.command("forget"))
    .description(
      "leave the controller: from now on this machine's agent answers nobody, until it joins again by a token",
    )
    .action(async (options: CommonOptions) => {
      const { forgetAgentTrust, readAgentTrust } = await import("../../adapters/files/agent-trust.js");
      const folder = join(stateHome(), "agent");
      // What is damaged is forgotten as well.
      const trust = await readAgentTrust(folder).catch(() => "damaged" as const);
      await forgetAgentTrust(folder);
      const left = trust === undefined ? { outcome: "unchanged" } : { outcome: "changed" };
      await printResult(left, options.output, () =>
        trust === undefined
          ? ["This machine belongs to no controller."]
          : [
              "This machine has left its controller. Its agent answers nobody now.",
              "On the controller `exoctl nodes remove` takes it off the list; a new `exoctl token create` lets it join again.",
            ],
      );
    });
}
