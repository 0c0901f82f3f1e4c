import { enrolmentKey, enrolmentProof, sameProof } from "../cluster/enrolment-proof.js";
import { agentId, type NodeName, nodeName } from "../cluster/names.js";
import { pinOfSpki } from "../cluster/spki-pin.js";
import { createAttemptLimit } from "../runtime/attempt-limit.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { formatJoinToken, newJoinToken } from "./join-token.js";
import { isWaiting, type Member, type StateStore, type StoredJoinToken } from "./state-store.js";

/** What an agent asks, with what its channel says about it. */
export interface EnrolmentRequest {
  readonly tokenId: string;
  readonly agentId: string;
  /** What the agent's machine is called. */
  readonly name: string;
  /** TCP port of the agent's service. */
  readonly servicePort: number;
  readonly proof: Uint8Array;
  readonly channel: {
    readonly channelBinding: Uint8Array;
    readonly agentSpki: Uint8Array;
    readonly agentCertificatePem: string;
    readonly controllerSpki: Uint8Array;
    /** Address the agent's connection comes from. */
    readonly sourceAddress: string;
  };
}

export type EnrolmentRefusal =
  | "token_refused"
  | "token_used"
  | "token_expired"
  | "token_for_other_node"
  | "name_taken"
  | "key_taken"
  | "too_many_attempts";

export type EnrolmentAnswer =
  | {
      readonly kind: "enrolled";
      readonly clusterId: string;
      readonly name: NodeName;
      readonly standing: "member" | "waiting";
      readonly proof: Uint8Array;
    }
  | { readonly kind: "refused"; readonly code: EnrolmentRefusal };

/** Decides on one request. Never rejects because of what an agent sent. */
export type Redeem = (request: EnrolmentRequest) => Promise<EnrolmentAnswer>;

/** Fifteen minutes to an hour (macos-nodes reference 1.9). */
export const defaultTokenLifeMs = 30 * 60_000;

/**
 * Makes a join token and stores what is needed to redeem it once.
 *
 * @returns the token's text, which exists nowhere else.
 */
export async function createToken(
  parts: { readonly store: StateStore; readonly clock: Clock; readonly randomBytes: (bytes: number) => Uint8Array },
  options: { readonly controllerPin: string; readonly forName?: NodeName; readonly lifeMs?: number },
): Promise<{ readonly text: string; readonly id: string; readonly expiresAt: number }> {
  const token = newJoinToken(options.controllerPin, parts.randomBytes);
  const createdAt = parts.clock.now();
  const expiresAt = createdAt + (options.lifeMs ?? defaultTokenLifeMs);
  await parts.store.addToken({
    id: token.id,
    key: enrolmentKey(token.secret).toString("base64url"),
    createdAt,
    expiresAt,
    ...(options.forName === undefined ? {} : { forName: options.forName }),
  });
  return { text: formatJoinToken(token), id: token.id, expiresAt };
}

const refused = (code: EnrolmentRefusal): EnrolmentAnswer => ({ kind: "refused", code });

/** Whether somebody has to approve a member before it may do anything. */
export type ApprovalRule = "none" | "required";

/** A member of the same id keeps its cordon: enrolling again must not bring back a node that was taken out of service. */
function newMember(
  request: EnrolmentRequest,
  token: StoredJoinToken,
  before: Member | undefined,
  now: number,
  rule: ApprovalRule,
): Member {
  const pin = pinOfSpki(request.channel.agentSpki);
  // What was approved is a key. Another one has to be looked at again.
  const approved = rule === "none" || (before?.pin === pin && !isWaiting(before));
  return {
    agentId: agentId(request.agentId),
    name: token.forName ?? before?.name ?? nodeName(request.name),
    pin,
    certificatePem: request.channel.agentCertificatePem,
    enrolledAt: now,
    lastAddress: { host: request.channel.sourceAddress, port: request.servicePort },
    cordoned: before?.cordoned ?? false,
    controllerPin: pinOfSpki(request.channel.controllerSpki),
    ...(approved ? {} : { approval: "waiting" as const }),
  };
}

const refusalOf = {
  used: "token_used",
  unknown: "token_refused",
  "name-taken": "name_taken",
  "key-taken": "key_taken",
  "other-member": "token_for_other_node",
} as const;

/**
 * The controller's side of enrolment. An unknown token id and a wrong proof get the same answer after the same work; that a
 * token is used up or expired is told only to somebody who proved to hold it. Only failed proofs count against a source.
 */
export function createRedeem(parts: {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asked at each enrolment. */
  readonly approval: () => ApprovalRule;
}): Redeem {
  const { store, clock, logger, approval } = parts;
  const limit = createAttemptLimit(clock);
  const nobodysKey = Buffer.alloc(32);

  const decide = async (request: EnrolmentRequest): Promise<EnrolmentAnswer> => {
    const source = request.channel.sourceAddress;
    if (!limit.allows(source)) return refused("too_many_attempts");
    const token = store.tokens().find((candidate) => candidate.id === request.tokenId);
    const key = token === undefined ? nobodysKey : Buffer.from(token.key, "base64url");
    const channel = { ...request.channel, agentId: request.agentId };
    const proven = sameProof(enrolmentProof(key, "agent", channel), request.proof);
    if (token === undefined || !proven) {
      limit.noteFailure(source);
      return refused("token_refused");
    }
    if (token.usedAt !== undefined) return refused("token_used");
    if (clock.now() >= token.expiresAt) return refused("token_expired");
    const before = store.members().find((member) => member.agentId === request.agentId);
    const member = newMember(request, token, before, clock.now(), approval());
    const outcome = await store.redeemToken(token.id, member);
    if (outcome !== "redeemed") return refused(refusalOf[outcome]);
    return {
      kind: "enrolled",
      clusterId: store.clusterId,
      name: member.name,
      standing: isWaiting(member) ? "waiting" : "member",
      proof: enrolmentProof(key, "controller", channel),
    };
  };

  return async (request) => {
    const answer = await decide(request);
    const fields = { agentId: request.agentId, from: request.channel.sourceAddress, tokenId: request.tokenId };
    if (answer.kind === "enrolled") logger.info("agent enrolled", { ...fields, name: answer.name });
    else logger.warn("enrolment refused", { ...fields, code: answer.code });
    return answer;
  };
}
