/** How a command ends, as scripts see it (exit codes of the command line). */
export type ProblemKind = "failed" | "usage" | "infeasible" | "unreachable";

/**
 * Something a person has to know: what is wrong in one sentence, and what to do about it. The command line prints
 * `message` and `hint` and nothing else; every other error is a fault of ours and is reported as such.
 */
export class Problem extends Error {
  override readonly name = "Problem";

  /**
   * @param kind decides the exit code
   * @param code stable identifier for programs, such as `no_nodes`
   * @param message one sentence: what is wrong
   * @param hint what the reader can do next
   */
  constructor(
    readonly kind: ProblemKind,
    readonly code: string,
    message: string,
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
