import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { KeysApi } from "../../controller/keys/keys-api.js";
import { keyScopes } from "../../gateway/keys/api-key.js";
import { present } from "./present-members.js";

const limit = z.int().positive().optional();
const createBody = z.strictObject({
  name: z
    .string()
    .regex(/^(?=\S)[^\p{C}]{1,64}(?<=\S)$/u, "a name of at most 64 characters, without control characters"),
  scopes: z.array(z.enum(keyScopes)).min(1).max(keyScopes.length),
  limits: z.strictObject({
    requestsPerMinute: z.int().min(1).max(100_000).optional(),
    concurrency: limit,
    tokensPerDay: limit,
  }),
  models: z
    .array(z.string().regex(/^[A-Za-z0-9][\w.:/-]{0,191}$/, "a name of a model"))
    .min(1)
    .max(1_000)
    .optional(),
  expiresAt: z.int().positive().optional(),
});
const revokeBody = z.strictObject({ id: z.string().min(1).max(64) });

/** API keys of the gateway and of this API. */
export function addKeysRoutes(server: FastifyInstance, api: KeysApi): void {
  server.get("/api/v1/keys", () => api.listKeys());
  server.post("/api/v1/keys", (request) => {
    const { limits, scopes, ...rest } = createBody.parse(request.body);
    return api.createKey({ ...present(rest), scopes: [...new Set(scopes)], limits: present(limits) });
  });
  server.post("/api/v1/keys/revoke", (request) => api.revokeKey(revokeBody.parse(request.body)));
}
