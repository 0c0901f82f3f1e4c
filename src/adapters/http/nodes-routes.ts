import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { NodesApi } from "../../controller/nodes/nodes-api.js";
import { present } from "./present-members.js";

const node = z.string().min(1).max(64);
const approveBody = z.strictObject({ node });
const cordonBody = z.strictObject({ node, mode: z.enum(["cordon", "uncordon"]) });
const removeBody = z.strictObject({ node, even: z.literal("serving").optional() });
const tokenBody = z.strictObject({ id: z.string().min(1).max(64) });

/** Membership and join tokens. */
export function addNodesRoutes(server: FastifyInstance, api: NodesApi): void {
  server.get("/api/v1/nodes", () => api.listNodes());
  server.post("/api/v1/nodes/approve", (request) => api.approveNode(approveBody.parse(request.body)));
  server.post("/api/v1/nodes/cordon", (request) => api.cordonNode(cordonBody.parse(request.body)));
  server.post("/api/v1/nodes/remove", (request) => api.removeNode(present(removeBody.parse(request.body))));
  server.post("/api/v1/rotate-key", () => api.rotateKey());
  server.get("/api/v1/tokens", () => api.listTokens());
  server.post("/api/v1/tokens/revoke", (request) => api.revokeToken(tokenBody.parse(request.body)));
}
