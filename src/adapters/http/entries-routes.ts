import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { EntriesApi } from "../../controller/entries/entries-api.js";
import { quantizations } from "../../models/quantized-bytes.js";
import type { Logger } from "../../runtime/logger.js";
import { answerLines } from "./answer-lines.js";
import { present } from "./present-members.js";

const id = z.string().min(1).max(200);
const which = {
  model: id,
  quantization: z.enum(quantizations).optional(),
  on: z.array(z.string().min(1).max(64)).max(1_000).optional(),
};
const addBody = z.strictObject({ ...which, mode: z.enum(["add", "dry-run"]), by: z.string().max(200) });
const removeBody = z.strictObject({
  ...which,
  files: z.enum(["keep", "remove"]),
  named: id.optional(),
  mode: z.enum(["remove", "dry-run"]),
});

/** Entries of models. What was begun goes on when its client leaves. */
export function addEntriesRoutes(server: FastifyInstance, api: EntriesApi, logger: Logger): void {
  server.post("/api/v1/models/add", (request, reply) => {
    const wanted = present(addBody.parse(request.body));
    return answerLines(reply, logger, (report, signal) => api.addModel(wanted, report, signal));
  });
  server.post("/api/v1/models/remove", (request, reply) => {
    const wanted = present(removeBody.parse(request.body));
    return answerLines(reply, logger, (report, signal) => api.removeModel(wanted, report, signal));
  });
}
