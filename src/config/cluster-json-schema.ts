import { z } from "zod";
import { clusterSpecSchema } from "./cluster-spec.js";

/** The JSON Schema of `cluster.yaml` for editors, from the same source as the checks. */
export function clusterJsonSchema(): Record<string, unknown> {
  return { title: "exoctl cluster file", ...z.toJSONSchema(clusterSpecSchema, { io: "input" }) };
}
