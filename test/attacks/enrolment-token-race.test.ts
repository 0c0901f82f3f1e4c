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

const rivals = 100;

let house: EnrolmentHouse;
beforeEach(async () => {
  // A hundred handshakes in one process take their time on a busy machine; neither the deadline nor the bound is tested here.
  house = await openEnrolmentHouse({ deadlineMs: 60_000, limits: { total: rivals, perSource: rivals } });
});
afterEach(() => house.close());

test("of 100 agents that send the same token at the same moment exactly one wins, and all others hear that it is used", async () => {
  const token = await house.newToken();
  const key = enrolmentKey(token.secret);
  const identities = await Promise.all(Array.from({ length: 10 }, (_, at) => house.newIdentity(`rival-${at}`)));
  const ready = await Promise.all(
    Array.from({ length: rivals }, async (_, at) => {
      const identity = identities[at % identities.length] ?? house.agent;
      const socket = await dialEnrolment(house.port, identity);
      const agentId = randomUUID();
      const proof = enrolmentProof(key, "agent", {
        channelBinding: socket.exportKeyingMaterial(channelBindingBytes, channelBindingLabel, Buffer.alloc(0)),
        agentSpki: spkiOf(identity.certificatePem),
        controllerSpki: spkiOf(house.controller.certificatePem),
        agentId,
      }).toString("base64url");
      const message = { version: 1, token: token.id, agentId, name: `n${at}`, servicePort: 8_417, proof };
      return { socket, line: `${JSON.stringify(message)}\n` };
    }),
  );
  const answers = ready.map(({ socket }) => readAll(socket));
  for (const { socket, line } of ready) socket.write(line);
  const outcomes = (await Promise.all(answers)).map((text) => JSON.parse(text) as { kind: string; code?: string });
  expect(outcomes.filter(({ kind }) => kind === "enrolled")).toHaveLength(1);
  expect(outcomes.filter(({ code }) => code === "token_used")).toHaveLength(rivals - 1);
  expect(house.store.members()).toHaveLength(1);
});
