import { z } from "zod";
import { get } from "./admin-route.js";

const listQuery = z.strictObject({ cards: z.enum(["local", "all"]).default("local") });

/** Registry entries and model files of all nodes. */
export const modelListRoutes = [
  get("/api/v1/models", {
    summary: "Registry entries and model files on every node, and what is wrong with them.",
    request: listQuery,
    call: (request, { api }) => api.listModels(request),
  }),
];
