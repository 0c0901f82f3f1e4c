import { type Command, CommanderError } from "commander";
import { Problem } from "../runtime/problem.js";
import { exitCodeOf } from "./exit-code.js";
import { machineProblem } from "./machine-problem.js";
import { palette } from "./output.js";
import { renderProblem } from "./render/problem-view.js";

/** Runs one command line and answers with the exit code. A `Problem` is printed in words; nothing ever prints a stack trace. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<number> {
  try {
    await program.parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has printed its own message by now; help and version end with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodeOf("usage");
    const problem = asProblem(error);
    process.stderr.write(`${renderProblem(problem, palette(process.stderr)).join("\n")}\n`);
    return exitCodeOf(problem.kind);
  }
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const machine = machineProblem(error);
  if (machine !== undefined) return machine;
  const message = error instanceof Error ? error.message : String(error);
  return new Problem(
    "failed",
    "internal",
    `exoctl failed on something it did not expect: ${message}`,
    "Run it again with --log-level debug and report what it prints.",
    { cause: error },
  );
}
