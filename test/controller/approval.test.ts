import { randomBytes, randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { enrolmentKey, enrolmentProof } from "../../src/cluster/enrolment-proof.js";
import { createFleet } from "../../src/controller/fleet.js";
import { isWaiting, type Member } from "../../src/controller/state-store.js";
import { createManualClock } from "../support/agent-manual-clock.js";
import { aLink, aMember, createTestLogger } from "../support/controller-house.js";
import { openEnrolmentHouse } from "../support/enrolment-house.js";

const { signal } = new AbortController();

/** An agent that enrols again and again, with the same key or another one. */
async function enrolments(approval: "none" | "required") {
  const house = await openEnrolmentHouse({ approval });
  const agentId = randomUUID();
  const enrol = async (agentSpki: Uint8Array): Promise<Member | undefined> => {
    const token = await house.newToken();
    const channel = {
      channelBinding: randomBytes(32),
      agentSpki,
      agentCertificatePem: "pem",
      controllerSpki: Buffer.from("controller"),
      sourceAddress: "10.0.0.1",
    };
    const proof = enrolmentProof(enrolmentKey(token.secret), "agent", { ...channel, agentId });
    const answer = await house.redeem({ tokenId: token.id, agentId, name: "one", servicePort: 8_417, proof, channel });
    expect(answer.kind).toBe("enrolled");
    return house.store.members().find((member) => member.agentId === agentId);
  };
  return { house, enrol };
}

test("where approval is required a new key waits, an approved key does not wait again, another key does", async () => {
  const { house, enrol } = await enrolments("required");
  try {
    const [key, other] = [randomBytes(91), randomBytes(91)];
    const first = await enrol(key);
    if (first === undefined) throw new Error("not enrolled");
    expect(isWaiting(first)).toBe(true);
    expect(isWaiting((await enrol(key)) ?? first)).toBe(true);
    await house.store.changeMember(first.agentId, { approval: "given" });
    expect((await enrol(key))?.approval).toBeUndefined();
    expect((await enrol(other))?.approval).toBe("waiting");
  } finally {
    await house.close();
  }
});

test("where it is not, nobody waits", async () => {
  const { house, enrol } = await enrolments("none");
  try {
    expect((await enrol(randomBytes(91)))?.approval).toBeUndefined();
  } finally {
    await house.close();
  }
});

function fleetOf(member: Member) {
  const log: string[] = [];
  const state = { member };
  const fleet = createFleet({
    members: () => [state.member],
    hints: () => [],
    dial: () =>
      aLink("one", {
        takeLease: async (term) => {
          log.push("lease");
          return { term, validMs: 10_000 };
        },
        close: async () => void log.push("close"),
      }),
    verified: () => undefined,
    remember: async () => undefined,
    term: 7,
    clock: createManualClock(),
    logger: createTestLogger(),
  });
  return { fleet, log, state };
}

const lastAddress = { host: "10.0.0.1", port: 8417 };

test("a node that waits is looked at and nothing else: no lease, no link to act by", async () => {
  const { fleet, log, state } = fleetOf(aMember("one", { lastAddress, approval: "waiting" }));
  await fleet.refresh(signal);
  expect(fleet.nodes()[0]).toMatchObject({ report: { from: "agent" } });
  expect(fleet.nodes()[0]?.link).toBeUndefined();
  expect(log).toEqual(["close"]);
  state.member = { ...state.member, approval: "given" };
  await fleet.refresh(signal);
  expect(fleet.nodes()[0]?.link).toBeDefined();
  expect(log).toEqual(["close", "lease"]);
});

test("a node that enrolled with another key is not reached over the connection to the old one", async () => {
  const { fleet, log, state } = fleetOf(aMember("one", { lastAddress }));
  await fleet.refresh(signal);
  state.member = { ...state.member, pin: "another key" };
  expect(fleet.nodes()[0]?.link).toBeUndefined();
  await fleet.refresh(signal);
  expect(log).toEqual(["lease", "close", "lease"]);
});
