import type { Command } from "commander";
import { Problem } from "../../runtime/problem.js";
import { controllerHere } from "../find-controller.js";
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
  const listenMs = Number(options.seconds) * 1_000;
  if (!(listenMs >= 0 && listenMs <= 600_000))
    throw new Problem("usage", "bad_seconds", `--seconds ${options.seconds} is not a number up to 600`, "Such as 3.");
  const known = await controllerHere()
    .discover()
    .catch((error: unknown) => {
      if (error instanceof Problem && error.code === "no_controller") return undefined;
      throw error;
    });
  if (known !== undefined) return known;
  const { discoverAlone } = await import("../../processes/discover-alone.js");
  const { readSpecFile } = await import("../read-spec-file.js");
  const spec = await readSpecFile(options.file);
  return discoverAlone({ spec, listenMs });
}
