import type { Command } from "commander";
import { controllerHere, findSocket, stateHome } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { renderDiscovered } from "../render/discover-view.js";

/** `exoctl discover`: who is out there, and why it is or is not usable. */
export function addDiscoverCommand(program: Command): void {
  withCommonOptions(program.command("discover"))
    .description("who is out there, and for each why it is or is not usable")
    .option("--seconds <n>", "how long to listen without a controller", "3")
    .action(async (options: CommonOptions & { readonly seconds: string }) => {
      const found = await look(options);
      await printResult(found, options.output, () =>
        renderDiscovered(found, { colors: palette(process.stdout), width: widthOf(process.stdout) }),
      );
    });
}

/** A controller knows who is enrolled; without one, whoever advertises is listed as a stranger. */
async function look(options: CommonOptions & { readonly seconds: string }) {
  const { existsSync } = await import("node:fs");
  if (existsSync(findSocket(stateHome()))) return controllerHere().discover();
  const { discoverAlone } = await import("../../processes/discover-alone.js");
  const { readSpecFile } = await import("../read-spec-file.js");
  const spec = await readSpecFile(options.file);
  return discoverAlone({ spec, listenMs: Number(options.seconds) * 1000 });
}
