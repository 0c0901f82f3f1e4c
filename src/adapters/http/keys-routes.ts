import { z } from "zod";
import { keyScopes } from "../../gateway/keys/api-key.js";
import { get, post } from "./admin-route.js";
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
export const keysRoutes = [
  get("/api/v1/keys", { summary: "Every key, without its text.", call: (_, { api }) => api.listKeys() }),
  post("/api/v1/keys", {
    summary:
      "Makes a key. Its text is in this answer and nowhere else. Scope admin only over the controller's Unix socket.",
    request: createBody,
    call: ({ limits, scopes, ...rest }, { api }) =>
      api.createKey({ ...present(rest), scopes: [...new Set(scopes)], limits: present(limits) }),
  }),
  post("/api/v1/keys/revoke", {
    summary: "Lets nobody use a key any more.",
    request: revokeBody,
    call: (request, { api }) => api.revokeKey(request),
  }),
];
