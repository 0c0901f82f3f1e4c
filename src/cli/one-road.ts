import type { Command } from "commander";
import { Problem } from "../runtime/problem.js";

/** Those of the options that were written on the command line. @param names as people write them, such as `--layers` */
const given = (command: Command, names: readonly string[]): string =>
  command.options
    .filter(
      (option) => names.includes(option.long ?? "") && command.getOptionValueSource(option.attributeName()) === "cli",
    )
    .map(({ long }) => long)
    .join(", ");

/**
 * A verb with two roads has the options of both. Those of the other one are refused: passed over in silence they would mislead.
 *
 * @throws Problem (usage) that names the options which say something to exo 0.0.x alone
 */
export function refuseClassicOnly(command: Command, names: readonly string[]): void {
  const found = given(command, names);
  if (found === "") return;
  throw new Problem(
    "usage",
    "classic_only",
    `${found}: only exo 0.0.x can use that`,
    "Add --classic, or leave it out.",
  );
}

/** The same for options that say nothing with --classic. */
export function refuseNodesOnly(command: Command, names: readonly string[]): void {
  const found = given(command, names);
  if (found === "") return;
  throw new Problem("usage", "nodes_only", `${found}: with --classic that says nothing`, "Leave it out.");
}
