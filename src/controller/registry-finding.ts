/** Something about one model in one node's registry that a person should know. */
export interface RegistryFinding {
  /** Stable, for programs: such as `card-missing`. */
  readonly code: string;
  /** One sentence, without a full stop. */
  readonly message: string;
  /** What is done about it, or what a person can do. */
  readonly fix?: string;
  /** Since when it has been seen; milliseconds since the Unix epoch. */
  readonly since?: number;
}

/** `2026-03-01 09:15:02 UTC`. */
export const timeText = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
