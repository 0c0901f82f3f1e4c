import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AuditTrail } from "../../controller/audit/audit-trail.js";
import type { OpenCodes } from "../../controller/sessions/open-codes.js";
import type { Sessions } from "../../controller/sessions/sessions.js";
import { type AccessRefusal, linkUsed } from "./access-refusal.js";
import { type CookieSite, sessionCookie } from "./session-cookie.js";

/** The one address that answers to those who do not say who they are: what they show is the code. */
export const openPath = "/open";

export interface OpenRoutesParts {
  readonly codes: OpenCodes;
  readonly sessions: Sessions;
  readonly trail: AuditTrail;
  readonly site: () => CookieSite;
  readonly refuse: (request: FastifyRequest, reply: FastifyReply, refusal: AccessRefusal) => Promise<FastifyReply>;
}

/** Lets a browser in by its link: from then on its cookie says who it is. */
export function addOpenRoute(server: FastifyInstance, parts: OpenRoutesParts): void {
  const { codes, sessions, trail, site, refuse } = parts;
  server.get(openPath, { exposeHeadRoute: false }, async (request, reply) => {
    const { code } = request.query as { readonly code?: unknown };
    const redeemed = typeof code === "string" ? codes.redeem(code) : undefined;
    if (redeemed === undefined) return refuse(request, reply, linkUsed);
    const { user } = redeemed;
    const { id, secret } = sessions.begin(user);
    const entry = { who: { via: "session", id, user }, from: request.ip, what: "session begin", target: "" } as const;
    try {
      await trail.note(entry, { outcome: "ok" });
    } catch (error) {
      sessions.end(id);
      throw error;
    }
    return reply.header("set-cookie", sessionCookie(site(), secret)).redirect("/", 303);
  });
}
