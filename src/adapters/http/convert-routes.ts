import { z } from "zod";
import { quantizations } from "../../models/quantized-bytes.js";
import { post, postLines } from "./admin-route.js";
import { present } from "./present-members.js";

const id = z.string().max(200);
const convertBody = z.strictObject({
  source: id,
  target: id.optional(),
  quantization: z.enum(quantizations),
  node: z.string().max(200).optional(),
  mode: z.enum(["convert", "dry-run"]),
});
const cancelBody = z.strictObject({ target: id });

/** Conversions. */
export const convertRoutes = [
  postLines("/api/v1/models/convert", {
    summary: "Converts a model on the node that has it. Ends when the client leaves.",
    request: convertBody,
    call: (request, { api, report, signal }) => api.convert(present(request), report, signal),
  }),
  post("/api/v1/models/convert/cancel", {
    summary: "Cancels a conversion; answers when nothing of it is left.",
    request: cancelBody,
    call: (request, { api }) => api.cancelConversion(request),
  }),
];
