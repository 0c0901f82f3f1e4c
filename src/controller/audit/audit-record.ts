import { z } from "zod";

const text = z.string();

const who = z.union([
  z.object({ via: z.literal("socket"), user: text, account: text }),
  z.object({ via: z.literal("up"), user: text }),
  z.object({ via: z.literal("key"), id: text, name: text }),
  z.object({ via: z.literal("session"), id: text, user: text }),
  /** An agent that wants to join: who it says it is, and the id (not the text) of the token that it names. */
  z.object({ via: z.literal("token"), id: text, agentId: text }),
  /** Somebody who could not say who they are. */
  z.object({ via: z.literal("nobody") }),
]);

/**
 * One line of the audit log. A change has two: `begun` before anything is changed, and its outcome, with the same `id`. A change
 * without an outcome was under way when the controller ended, or is so now.
 */
export const auditRecordSchema = z.object({
  /** When, in UTC, as ISO 8601. */
  at: text,
  id: text,
  who,
  /** Address that it came from, or `local socket`. */
  from: text,
  /** What was asked for, such as `nodes remove`. */
  what: text,
  /** What it was asked of, such as a node's name; may be empty. Never a secret. */
  target: text,
  /** The desired state's generation when this line was written. */
  generation: z.number(),
  /** `refused`: for what was asked; nothing was changed by it. `failed`: on the way. */
  outcome: z.enum(["begun", "ok", "refused", "failed"]),
  /** Code of the problem. */
  code: text.optional(),
  durationMs: z.number().optional(),
  /** So many refusals before this one were too many to be written down. */
  unrecorded: z.number().optional(),
});

export type AuditRecord = Readonly<z.output<typeof auditRecordSchema>>;

/** Who did something, as the record has it. */
export type AuditedWho = AuditRecord["who"];
