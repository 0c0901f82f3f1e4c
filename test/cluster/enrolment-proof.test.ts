import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EnrolmentChannel, enrolmentKey, enrolmentProof, sameProof } from "../../src/cluster/enrolment-proof.js";

const bytes = fc.uint8Array({ maxLength: 40 });
const channel = fc.record({ channelBinding: bytes, agentSpki: bytes, controllerSpki: bytes, agentId: fc.string() });
const flat = (value: EnrolmentChannel): string =>
  JSON.stringify(
    [value.channelBinding, value.agentSpki, value.controllerSpki]
      .map((part) => [...part])
      .concat([...Buffer.from(value.agentId)] as never),
  );

describe("proof of enrolment", () => {
  const key = enrolmentKey(Buffer.alloc(32, 1));

  test("is 32 bytes and the same for the same channel", () => {
    fc.assert(
      fc.property(channel, (value) => {
        const proof = enrolmentProof(key, "agent", value);
        expect(proof).toHaveLength(32);
        expect(sameProof(proof, enrolmentProof(key, "agent", value))).toBe(true);
      }),
    );
  });

  test("differs as soon as any field, the side or the secret differs", () => {
    fc.assert(
      fc.property(channel, channel, (left, right) => {
        fc.pre(flat(left) !== flat(right));
        expect(sameProof(enrolmentProof(key, "agent", left), enrolmentProof(key, "agent", right))).toBe(false);
      }),
    );
    fc.assert(
      fc.property(channel, (value) => {
        const proof = enrolmentProof(key, "agent", value);
        expect(sameProof(proof, enrolmentProof(key, "controller", value))).toBe(false);
        expect(sameProof(proof, enrolmentProof(enrolmentKey(Buffer.alloc(32, 2)), "agent", value))).toBe(false);
      }),
    );
  });

  test("a byte moved from one field to the next changes it", () => {
    const one = {
      channelBinding: Buffer.from("ab"),
      agentSpki: Buffer.from("c"),
      controllerSpki: Buffer.from("d"),
      agentId: "e",
    };
    const other = { ...one, channelBinding: Buffer.from("a"), agentSpki: Buffer.from("bc") };
    expect(sameProof(enrolmentProof(key, "agent", one), enrolmentProof(key, "agent", other))).toBe(false);
  });

  test("a known answer, so that an agent of one version can enrol with a controller of another", () => {
    const value = {
      channelBinding: Buffer.alloc(32, 1),
      agentSpki: Buffer.from("agent key"),
      controllerSpki: Buffer.from("controller key"),
      agentId: "0f5c2b1a-1111-4111-8111-111111111111",
    };
    expect(enrolmentProof(enrolmentKey(Buffer.alloc(32, 9)), "agent", value).toString("hex")).toBe(
      "911c24daad9339b41350a410ae2fa65eadf26c3c07c19d7f393de4170bac2d75",
    );
  });

  test("proofs of different length differ", () => {
    expect(sameProof(Buffer.alloc(32), Buffer.alloc(31))).toBe(false);
    expect(sameProof(Buffer.alloc(32), Buffer.alloc(0))).toBe(false);
  });
});
