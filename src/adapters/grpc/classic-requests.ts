import { z } from "zod";
import { RefusalError } from "../../agent/refusal.js";
import { classicEngines } from "../../cluster/classic-entry.js";
import { faultCodes } from "../../cluster/classic-finding.js";
import { isRepository } from "../../cluster/classic-launch.js";
import type { ClassicAddWish, ClassicRemoveWish } from "../../cluster/classic-wish.js";
import { entryProblems } from "../../register/classic/classic-entry.js";
import type { AddClassicEntryRequest } from "./generated/exoctl/agent/v1/AddClassicEntryRequest.js";
import type { RemoveClassicEntryRequest } from "./generated/exoctl/agent/v1/RemoveClassicEntryRequest.js";
import { present } from "./report-messages.js";

const digest = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 in hex");
const id = z.string().min(1).max(200);

const addSchema = z.object({
  entry: z.object({
    id,
    layers: z.number(),
    engine: z.enum(classicEngines),
    // A path would tell, by what the agent finds there, what is on this machine.
    repo: z.string().refine(isRepository, "expected owner/name"),
    label: z.string(),
  }),
  model: z.string().min(1).max(200),
  accepted: z.array(z.enum(faultCodes)).max(faultCodes.length),
  replace: z.boolean(),
  write: z.boolean(),
  expected: digest.optional(),
});
const removeSchema = z.object({ id, write: z.boolean(), expected: digest.optional(), until: digest.optional() });
const describeSchema = z.object({ ids: z.array(id).max(16) });

/** What a controller asks for, checked. @throws RefusalError that names every field that is wrong, without its value */
export function readAddWish(request: unknown): ClassicAddWish {
  const { write, replace, ...rest } = checked(addSchema, request);
  const problems = entryProblems(rest.entry);
  if (problems.length > 0) throw new RefusalError("invalid", problems.join("; "));
  return present({
    ...rest,
    whenDifferent: replace ? ("replace" as const) : ("report" as const),
    effect: write ? ("write" as const) : ("show" as const),
  });
}

export function readRemoveWish(request: unknown): ClassicRemoveWish {
  const { write, ...rest } = checked(removeSchema, request);
  return present({ ...rest, effect: write ? ("write" as const) : ("show" as const) });
}

export const readIds = (request: unknown): readonly string[] => checked(describeSchema, request).ids;

function checked<T>(schema: z.ZodType<T>, request: unknown): T {
  const read = schema.safeParse(request);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) => `${path.join(".") || "request"}: ${message}`);
  throw new RefusalError("invalid", problems.join("; "));
}

export const addRequest = ({ whenDifferent, effect, accepted, ...wish }: ClassicAddWish): AddClassicEntryRequest => ({
  ...wish,
  accepted: [...accepted],
  replace: whenDifferent === "replace",
  write: effect === "write",
});

export const removeRequest = ({ effect, ...wish }: ClassicRemoveWish): RemoveClassicEntryRequest => ({
  ...wish,
  write: effect === "write",
});
