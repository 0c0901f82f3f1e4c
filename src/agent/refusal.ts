/** Why the agent says no. Stable: travels to the controller as it is. */
export type RefusalCode = "stale_term" | "other_controller" | "invalid" | "not_possible";

/** The agent's no. The message is one sentence for a person and names no secret. */
export class RefusalError extends Error {
  override readonly name = "RefusalError";

  constructor(
    readonly code: RefusalCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
