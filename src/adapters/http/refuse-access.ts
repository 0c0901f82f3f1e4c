import type { FastifyReply, FastifyRequest } from "fastify";
import type { AuditTrail } from "../../controller/audit/audit-trail.js";
import type { Caller } from "../../controller/audit/caller.js";
import { sourceOf } from "../../gateway/keys/source-of.js";
import type { AttemptLimit } from "../../runtime/attempt-limit.js";
import type { Logger } from "../../runtime/logger.js";
import { type AccessRefusal, tooManyRefusals } from "./access-refusal.js";

export interface RefuseParts {
  readonly attempts: AttemptLimit;
  readonly trail: AuditTrail;
  readonly logger: Logger;
}

const retryAfterSec = 60;

/**
 * Answers requests that are not let in, and records them; beyond the limit of their source they are only counted. What they came
 * to say is not read: the connection ends.
 */
export function createRefuseAccess({ attempts, trail, logger }: RefuseParts) {
  let unrecorded = 0;
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    refusal: AccessRefusal,
    caller?: Caller,
  ): Promise<FastifyReply> => {
    reply.header("connection", "close");
    const source = sourceOf(request.ip);
    if (!attempts.allows(source)) {
      unrecorded += 1;
      return reply.header("retry-after", retryAfterSec).status(429).send(bodyOf(tooManyRefusals));
    }
    attempts.noteFailure(source);
    const entry = {
      who: caller ?? ({ via: "nobody" } as const),
      from: request.ip,
      what: "admin port",
      // Without the query: it may hold a code.
      target: `${request.method} ${request.url.split("?", 1)[0]}`,
    };
    const before = unrecorded;
    unrecorded = 0;
    await trail
      .note(
        entry,
        { outcome: "refused", code: refusal.code },
        { series: "attempts", ...(before === 0 ? {} : { unrecorded: before }) },
      )
      .catch((error: unknown) => logger.error("a refused request was not recorded", { error }));
    if (refusal.status === 401) reply.header("www-authenticate", 'Bearer realm="exoctl"');
    return reply.status(refusal.status).send(bodyOf(refusal));
  };
}

const bodyOf = ({ code, message, hint }: AccessRefusal) => ({ problem: { kind: "failed", code, message, hint } });
