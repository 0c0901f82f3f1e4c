import { z } from "zod";
import { positiveInteger } from "./parse-sysctl.js";

const schema = z.object({
  info: z.object({ max_recommended_working_set_size: z.string() }),
  ok: z.literal(true),
});

/**
 * Reads what exo's own Python says about Metal: one JSON line, values as text, `ok` when a small computation was right.
 *
 * @returns Metal's recommended maximum working set in bytes; undefined when the line is odd or the GPU computed nonsense
 */
export function parseMetalWorkingSet(text: string): number | undefined {
  for (const line of text.split("\n").toReversed()) {
    if (!line.trimStart().startsWith("{")) continue;
    try {
      const answer = schema.safeParse(JSON.parse(line));
      return answer.success ? positiveInteger(answer.data.info.max_recommended_working_set_size) : undefined;
    } catch {
      // Half a line of JSON: the same as no answer.
      return undefined;
    }
  }
  return undefined;
}
