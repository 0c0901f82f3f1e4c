import { z } from "zod";
import { agentId } from "../../cluster/names.js";
import type { ModelSpec } from "../../models/model-spec.js";
import { inlineModelShape } from "../../plan/request-schema.js";
import { checkEntry } from "../../register/entry-schema.js";

const storedEntry = z.unknown().transform((raw, context) => {
  const checked = checkEntry(raw);
  if (checked.kind === "entry") return checked.entry;
  for (const message of checked.problems) context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const storedSpec = inlineModelShape
  .extend({ name: z.string().min(1) })
  // Fields that are not there stay away, which is what the type says and the shape can't.
  .transform((spec) => spec as ModelSpec);

const storedAgentId = z.string().min(1).transform(agentId);

/** One added model as it stands in the state's file. */
export const addedModelSchema = z.strictObject({
  name: z.string().min(1),
  entry: storedEntry,
  spec: storedSpec.exactOptional(),
  nodes: z.union([z.literal("all"), z.array(storedAgentId)]),
  addedAt: z.number().nonnegative(),
  addedBy: z.string(),
});
