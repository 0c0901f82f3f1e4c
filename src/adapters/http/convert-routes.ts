import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ConvertApi } from "../../controller/convert-api.js";
import { quantizations } from "../../models/quantized-bytes.js";
import type { Logger } from "../../runtime/logger.js";
import { answerLines } from "./answer-lines.js";

const id = z.string().max(200);
const convertBody = z.strictObject({
  source: id,
  target: id.optional(),
  quantization: z.enum(quantizations),
  node: z.string().max(200).optional(),
  mode: z.enum(["convert", "dry-run"]),
});
const cancelBody = z.strictObject({ target: id });

/** Conversions. A client that goes away cancels its own. */
export function addConvertRoutes(server: FastifyInstance, api: ConvertApi, logger: Logger): void {
  server.post("/api/v1/models/convert", (request, reply) => {
    const { target, node, ...rest } = convertBody.parse(request.body);
    const wanted = { ...rest, ...(target === undefined ? {} : { target }), ...(node === undefined ? {} : { node }) };
    return answerLines(reply, logger, (report, signal) => api.convert(wanted, report, signal));
  });
  server.post("/api/v1/models/convert/cancel", (request) => api.cancelConversion(cancelBody.parse(request.body)));
}
