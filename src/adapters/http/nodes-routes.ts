import { z } from "zod";
import { get, post } from "./admin-route.js";
import { present } from "./present-members.js";

const node = z.string().min(1).max(64);
const approveBody = z.strictObject({ node });
const cordonBody = z.strictObject({ node, mode: z.enum(["cordon", "uncordon"]) });
const removeBody = z.strictObject({ node, even: z.literal("serving").optional() });
const createTokenBody = z.strictObject({
  forName: z
    .string()
    .regex(/^[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/, "a node's name: letters, digits, dots and dashes, at most 63")
    .optional(),
  ttlMs: z.int().min(60_000).max(86_400_000),
});
const tokenBody = z.strictObject({ id: z.string().min(1).max(64) });

/** Membership and join tokens. */
export const nodesRoutes = [
  get("/api/v1/nodes", { summary: "Every enrolled node.", call: (_, { api }) => api.listNodes() }),
  post("/api/v1/nodes/approve", {
    summary: "Lets a node that waits for it take layers.",
    request: approveBody,
    call: (request, { api }) => api.approveNode(request),
  }),
  post("/api/v1/nodes/cordon", {
    summary: "Lets a node take no new layers, or again.",
    request: cordonBody,
    call: (request, { api }) => api.cordonNode(request),
  }),
  post("/api/v1/nodes/remove", {
    summary: "Revokes a node's key: it joins again only by a new token.",
    request: removeBody,
    call: (request, { api }) => api.removeNode(present(request)),
  }),
  post("/api/v1/rotate-key", {
    summary: "Gives the controller a new key, and tells every node of it.",
    call: (_, { api }) => api.rotateKey(),
  }),
  get("/api/v1/tokens", { summary: "Join tokens, without their secrets.", call: (_, { api }) => api.listTokens() }),
  post("/api/v1/tokens", {
    summary: "Makes a single-use join token. Its text is in this answer and nowhere else.",
    request: createTokenBody,
    call: (request, { api }) => api.createToken(present(request)),
  }),
  post("/api/v1/tokens/revoke", {
    summary: "Makes a join token worthless.",
    request: tokenBody,
    call: (request, { api }) => api.revokeToken(request),
  }),
];
