import type { Redeem } from "../enrolment.js";
import type { AuditTrail } from "./audit-trail.js";

/**
 * Enrolment with a record of each attempt. It is begun in the log of attempts, since anybody can make one; a node that is in gets
 * its line in the log of changes.
 *
 * @returns a `Redeem` that rejects with Problem `audit_not_written` before anything is decided
 */
export const auditedRedeem =
  (redeem: Redeem, trail: AuditTrail, newId: () => string): Redeem =>
  async (request) => {
    const entry = {
      who: { via: "token", id: request.tokenId, agentId: request.agentId },
      from: request.channel.sourceAddress,
      what: "enrol",
      target: request.name,
    } as const;
    const id = newId();
    await trail.note(entry, { outcome: "begun" }, { series: "attempts", id });
    const answer = await redeem(request);
    if (answer.kind === "refused")
      await trail.note(entry, { outcome: "refused", code: answer.code }, { series: "attempts", id });
    else await trail.note({ ...entry, target: answer.name }, { outcome: "ok" }, { id });
    return answer;
  };
