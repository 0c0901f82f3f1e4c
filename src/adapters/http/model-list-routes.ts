import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ModelListApi } from "../../controller/model-list/model-list-api.js";

const listQuery = z.strictObject({ cards: z.enum(["local", "all"]).default("local") });

/** Registry entries and model files of all nodes. */
export function addModelListRoutes(server: FastifyInstance, api: ModelListApi): void {
  server.get("/api/v1/models", (request) => api.listModels(listQuery.parse(request.query)));
}
