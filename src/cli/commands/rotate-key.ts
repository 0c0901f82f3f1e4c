import type { Command } from "commander";
import { Problem } from "../../runtime/problem.js";
import { controllerOf } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { renderRotatedKey } from "../render/rotated-key-view.js";

/** `exoctl rotate-key`: a new key of the controller, which its nodes learn over the old one. */
export function addRotateKeyCommand(program: Command): void {
  withCommonOptions(program.command("rotate-key"))
    .description("give the controller a new key and bring it to every node; run again, it goes on where it was")
    .action(async (options: CommonOptions) => {
      const rotated = await controllerOf(options).rotateKey();
      const page = { colors: palette(process.stdout), width: widthOf(process.stdout) };
      await printResult(rotated, options.output, () => renderRotatedKey(rotated, page));
      if (rotated.behind.length === 0) return;
      throw new Problem(
        "unreachable",
        "nodes_behind",
        `the key before is kept for ${rotated.behind.map(({ node }) => node).join(", ")}`,
        "They learn the new key as soon as they answer. One that does not come back: exoctl nodes remove NODE. Until then whoever has stolen the key before can still use it there.",
      );
    });
}
