import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  channelBindingBytes,
  channelBindingLabel,
  enrolmentKey,
  enrolmentProof,
} from "../../src/cluster/enrolment-proof.js";
import { spkiOf } from "../../src/cluster/spki-pin.js";
import { dialEnrolment, readAll } from "../support/enrolment-attacker.js";
import { type EnrolmentHouse, openEnrolmentHouse } from "../support/enrolment-house.js";

let house: EnrolmentHouse;
beforeEach(async () => {
  house = await openEnrolmentHouse();
});
afterEach(() => house.close());

/** What an agent would send on this socket, with a proof of the attacker's making. */
async function ask(changes: {
  readonly secret?: Uint8Array;
  readonly side?: "agent" | "controller";
  readonly binding?: "this-channel" | "another-channel";
  readonly key?: "own" | "victim";
}): Promise<unknown> {
  const token = await house.newToken();
  const [mine, other] = await Promise.all([
    dialEnrolment(house.port, house.agent),
    dialEnrolment(house.port, house.agent),
  ]);
  const bound = changes.binding === "another-channel" ? other : mine;
  const agentId = randomUUID();
  const victim = await house.newIdentity("victim");
  const proof = enrolmentProof(enrolmentKey(changes.secret ?? token.secret), changes.side ?? "agent", {
    channelBinding: bound.exportKeyingMaterial(channelBindingBytes, channelBindingLabel, Buffer.alloc(0)),
    agentSpki: spkiOf((changes.key === "victim" ? victim : house.agent).certificatePem),
    controllerSpki: spkiOf(house.controller.certificatePem),
    agentId,
  });
  const message = { version: 1, token: token.id, agentId, name: "impostor", servicePort: 8_417 };
  mine.write(`${JSON.stringify({ ...message, proof: proof.toString("base64url") })}\n`);
  const answer: unknown = JSON.parse(await readAll(mine));
  other.destroy();
  return answer;
}

test("the attacker's way of asking is right: with everything in order it is let in", async () => {
  expect(await ask({})).toMatchObject({ kind: "enrolled" });
});

test.each([
  ["made with another secret", { secret: Buffer.alloc(32, 1) }],
  ["made for another channel", { binding: "another-channel" }],
  ["made for the key of another agent", { key: "victim" }],
  ["that is the controller's own", { side: "controller" }],
] as const)("a proof %s is refused, and nobody becomes a member", async (_what, changes) => {
  expect(await ask(changes)).toEqual({ kind: "refused", code: "token_refused" });
  expect(house.store.members()).toEqual([]);
});

test("a wrong secret and an unknown token get the same answer, and after ten of them the source has to wait", async () => {
  const real = await house.newToken();
  const wrong = { ...real, secret: Buffer.alloc(32, 1) };
  const unknown = { ...wrong, id: "aaaaaaaaaa" };
  for (let round = 0; round < 5; round += 1)
    for (const token of [wrong, unknown])
      await expect(house.enrol(token)).rejects.toMatchObject({ code: "token_refused" });
  await expect(house.enrol(real)).rejects.toMatchObject({ code: "too_many_attempts" });
  house.passMs(60_000);
  await house.enrol(real);
});

test("who holds a token can take neither the name nor the key of a member", async () => {
  await house.enrol(await house.newToken());
  const before = house.store.members();
  const identity = await house.newIdentity("thief");
  await expect(house.enrol(await house.newToken(), { agentId: randomUUID(), identity })).rejects.toMatchObject({
    code: "name_taken",
  });
  await expect(house.enrol(await house.newToken(), { agentId: randomUUID(), name: "copy" })).rejects.toMatchObject({
    code: "key_taken",
  });
  expect(house.store.members()).toEqual(before);
});

test("a client without a certificate is told nothing", async () => {
  const socket = await dialEnrolment(house.port, house.agent, { key: undefined, cert: undefined });
  socket.write("{}\n");
  expect(await readAll(socket)).toBe("");
});
