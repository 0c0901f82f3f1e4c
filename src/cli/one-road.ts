import type { Command } from "commander";
import { Problem } from "../runtime/problem.js";

/** `classic`: an exo 0.0.x on this machine. `nodes`: the nodes of the controller that runs here. */
export type Road = "classic" | "nodes";

/**
 * A verb with two roads has the options of both; those of the other one would be passed over in silence.
 *
 * @throws Problem (usage) that names the options which say nothing on this road
 */
export function refuseOptionsOfOther(command: Command, road: Road, ofOther: readonly string[]): void {
  const given = command.options.filter(
    (option) => ofOther.includes(option.long ?? "") && command.getOptionValueSource(option.attributeName()) === "cli",
  );
  if (given.length === 0) return;
  const names = given.map(({ long }) => long).join(", ");
  throw road === "nodes"
    ? new Problem(
        "usage",
        "classic_only",
        `${names} says something to exo 0.0.x only`,
        "Add --classic, or leave it out.",
      )
    : new Problem("usage", "nodes_only", `${names} says nothing with --classic`, "Leave it out.");
}
