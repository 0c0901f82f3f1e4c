import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ModelSyncApi } from "../../controller/sync/sync-api.js";
import { quantizations } from "../../models/quantized-bytes.js";
import type { Logger } from "../../runtime/logger.js";
import { answerLines } from "./answer-lines.js";

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

/** Present members only: our types do not carry `undefined`. */
const present = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

/** Copies of models. The work ends when its client leaves. */
export function addSyncRoutes(server: FastifyInstance, api: ModelSyncApi, logger: Logger): void {
  server.post("/api/v1/models/sync", (request, reply) => {
    const wanted = present(syncBody.parse(request.body));
    return answerLines(reply, logger, (report, signal) => api.syncModel(wanted, report, signal));
  });
}
