import { z } from "zod";
import { quantizations } from "../../models/quantized-bytes.js";
import { postLines } from "./admin-route.js";
import { present } from "./present-members.js";

/** Slower copies would look like ones that are stuck. */
const slowestBytesPerSec = 64 * 1024;

const node = z.string().min(1).max(64);
const syncBody = z.strictObject({
  model: z.string().min(1).max(200),
  quantization: z.enum(quantizations).optional(),
  from: node.optional(),
  to: z.array(node).min(1).max(1_000).optional(),
  bytesPerSec: z.int().min(slowestBytesPerSec).optional(),
});

/** Copies of models. */
export const syncRoutes = [
  postLines("/api/v1/models/sync", {
    summary: "Copies a model to nodes that lack it. Ends when the client leaves.",
    request: syncBody,
    call: (request, { api, report, signal }) => api.syncModel(present(request), report, signal),
  }),
];
