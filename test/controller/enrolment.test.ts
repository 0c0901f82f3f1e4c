import { randomBytes, randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { enrolmentKey, enrolmentProof, sameProof } from "../../src/cluster/enrolment-proof.js";
import type { EnrolmentRequest } from "../../src/controller/enrolment.js";
import type { JoinToken } from "../../src/controller/join-token.js";
import { createAttemptLimit } from "../../src/runtime/attempt-limit.js";
import { type EnrolmentHouse, openEnrolmentHouse } from "../support/enrolment-house.js";

let house: EnrolmentHouse;
beforeEach(async () => {
  house = await openEnrolmentHouse();
});
afterEach(async () => {
  await house.close();
});

function aRequest(token: JoinToken, changes: Partial<EnrolmentRequest> = {}): EnrolmentRequest {
  const id = changes.agentId ?? randomUUID();
  const channel = {
    channelBinding: randomBytes(32),
    agentSpki: randomBytes(91),
    agentCertificatePem: "pem",
    controllerSpki: Buffer.from("controller"),
    sourceAddress: "10.0.0.1",
    ...changes.channel,
  };
  const proof = enrolmentProof(enrolmentKey(token.secret), "agent", { ...channel, agentId: id });
  return { tokenId: token.id, name: `n-${id}`, servicePort: 8_417, proof, ...changes, agentId: id, channel };
}

describe("redeeming a token", () => {
  test("answers with the controller's own proof of the token on this channel", async () => {
    const token = await house.newToken();
    const request = aRequest(token);
    const answer = await house.redeem(request);
    if (answer.kind !== "enrolled") throw new Error(answer.code);
    const key = enrolmentKey(token.secret);
    const channel = { ...request.channel, agentId: request.agentId };
    expect(sameProof(answer.proof, enrolmentProof(key, "controller", channel))).toBe(true);
    expect(sameProof(answer.proof, request.proof)).toBe(false);
  });

  test("of 100 good requests at the same time exactly one wins, and all others hear that it is used", async () => {
    const token = await house.newToken();
    const answers = await Promise.all(Array.from({ length: 100 }, () => house.redeem(aRequest(token))));
    const codes = answers.map((answer) => (answer.kind === "refused" ? answer.code : "enrolled"));
    expect(codes.filter((code) => code === "enrolled")).toHaveLength(1);
    expect(codes.filter((code) => code === "token_used")).toHaveLength(99);
  });

  test("any changed field of what the proof vouches for is refused", async () => {
    const token = await house.newToken();
    const good = aRequest(token);
    const changed: readonly EnrolmentRequest[] = [
      { ...good, agentId: randomUUID() },
      { ...good, channel: { ...good.channel, channelBinding: randomBytes(32) } },
      { ...good, channel: { ...good.channel, agentSpki: randomBytes(91) } },
      { ...good, channel: { ...good.channel, controllerSpki: Buffer.from("other") } },
      { ...good, proof: Buffer.alloc(0) },
    ];
    for (const request of changed)
      expect(await house.redeem(request)).toEqual({ kind: "refused", code: "token_refused" });
    expect(house.store.members()).toEqual([]);
    expect((await house.redeem(good)).kind).toBe("enrolled");
  });

  test("expiry and use are told only to who holds the token", async () => {
    const token = await house.newToken({ lifeMs: 10 });
    house.passMs(10);
    const liar = { ...token, secret: Buffer.alloc(32) };
    expect(await house.redeem(aRequest(liar))).toEqual({ kind: "refused", code: "token_refused" });
    expect(await house.redeem(aRequest(token))).toEqual({ kind: "refused", code: "token_expired" });
  });

  test("failures of one source do not shut out another", async () => {
    const token = await house.newToken();
    const liar = { ...token, secret: Buffer.alloc(32) };
    for (let round = 0; round < 12; round += 1) await house.redeem(aRequest(liar));
    expect(await house.redeem(aRequest(token))).toEqual({ kind: "refused", code: "too_many_attempts" });
    const elsewhere = aRequest(token);
    const answer = await house.redeem({ ...elsewhere, channel: { ...elsewhere.channel, sourceAddress: "10.0.0.2" } });
    expect(answer.kind).toBe("enrolled");
  });
});

describe("the attempt limit", () => {
  test("is a sliding window that remembers a bounded number of sources", () => {
    let now = 0;
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    const limit = createAttemptLimit(clock, { failures: 2, windowMs: 100, sources: 2 });
    limit.noteFailure("a");
    now = 60;
    limit.noteFailure("a");
    expect(limit.allows("a")).toBe(false);
    now = 100;
    expect(limit.allows("a")).toBe(true);
    for (const source of ["b", "b", "c", "c"]) limit.noteFailure(source);
    expect([limit.allows("b"), limit.allows("c")]).toEqual([false, false]);
    limit.noteFailure("d");
    expect(limit.allows("b")).toBe(true);
  });
});
