import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkLease, grantLease, type Lease, leaseValidMs } from "../../src/agent/lease.js";

const held: Lease = { holder: "a", term: 5, expiresAt: 10_000 };

describe("taking the lease", () => {
  test("the first one to ask gets it for ten seconds", () => {
    expect(grantLease(undefined, { holder: "a", term: 1, now: 0 })).toEqual({
      kind: "granted",
      lease: { holder: "a", term: 1, expiresAt: leaseValidMs },
    });
    expect(leaseValidMs).toBe(10_000);
  });

  test("the holder renews with the same term or a higher one", () => {
    expect(grantLease(held, { holder: "a", term: 5, now: 9_000 })).toMatchObject({ lease: { expiresAt: 19_000 } });
    expect(grantLease(held, { holder: "a", term: 9, now: 9_000 })).toMatchObject({ lease: { term: 9 } });
  });

  test("an older term is refused, also when the lease has run out", () => {
    expect(grantLease(held, { holder: "a", term: 4, now: 9_000 })).toMatchObject({ code: "stale_term" });
    expect(grantLease(held, { holder: "a", term: 4, now: 99_000 })).toMatchObject({ code: "stale_term" });
  });

  test("another controller waits for the end of the lease and needs a higher term", () => {
    expect(grantLease(held, { holder: "b", term: 6, now: 9_999 })).toMatchObject({ code: "other_controller" });
    expect(grantLease(held, { holder: "b", term: 5, now: 10_000 })).toMatchObject({ code: "stale_term" });
    expect(grantLease(held, { holder: "b", term: 6, now: 10_000 })).toMatchObject({ lease: { holder: "b" } });
  });
});

describe("a holder that goes on with another key", () => {
  const passing: Lease = { ...held, successor: "b" };

  test("takes the lease over in its own term, and the key before has it no more", () => {
    const taken = grantLease(passing, { holder: "b", term: 5, now: 9_000 });
    expect(taken).toEqual({ kind: "granted", lease: { holder: "b", term: 5, expiresAt: 19_000 } });
    const { lease } = taken as { readonly lease: Lease };
    expect(checkLease(lease, { holder: "b", term: 5, now: 9_001 })).toEqual({ kind: "allowed" });
    expect(checkLease(lease, { holder: "a", term: 5, now: 9_001 })).toMatchObject({ code: "other_controller" });
    expect(grantLease(lease, { holder: "a", term: 9, now: 9_001 })).toMatchObject({ code: "other_controller" });
  });

  test("keeps it until then, and goes on naming its successor when it renews", () => {
    expect(checkLease(passing, { holder: "a", term: 5, now: 9_000 })).toEqual({ kind: "allowed" });
    expect(checkLease(passing, { holder: "b", term: 5, now: 9_000 })).toMatchObject({ code: "other_controller" });
    expect(grantLease(passing, { holder: "a", term: 5, now: 9_000 })).toMatchObject({ lease: { successor: "b" } });
  });

  test("gets no older term by that", () => {
    expect(grantLease(passing, { holder: "b", term: 4, now: 9_000 })).toMatchObject({ code: "stale_term" });
  });
});

describe("acting under a lease", () => {
  test("works with the current term until it runs out", () => {
    expect(checkLease(held, { holder: "a", term: 5, now: 9_999 })).toEqual({ kind: "allowed" });
    expect(checkLease(held, { holder: "a", term: 5, now: 10_000 })).toMatchObject({ code: "stale_term" });
  });

  test.each([
    ["no term", { holder: "a", term: undefined, now: 0 }, "stale_term"],
    ["an older term", { holder: "a", term: 4, now: 0 }, "stale_term"],
    ["a term that was never granted", { holder: "a", term: 6, now: 0 }, "stale_term"],
    ["somebody else's lease", { holder: "b", term: 5, now: 0 }, "other_controller"],
  ])("with %s is refused", (_case, ask, code) => {
    expect(checkLease(held, ask)).toMatchObject({ kind: "refused", code });
    expect(checkLease(undefined, ask)).toMatchObject({ kind: "refused" });
  });
});

test("in every history, terms never fall and at most one controller may act", () => {
  const ask = fc.record({
    holder: fc.constantFrom("a", "b", "c"),
    term: fc.integer({ min: 1, max: 8 }),
    wait: fc.nat(12_000),
  });
  fc.assert(
    fc.property(fc.array(ask, { maxLength: 40 }), (asks) => {
      let now = 0;
      let lease: Lease | undefined;
      for (const { holder, term, wait } of asks) {
        now += wait;
        const answer = grantLease(lease, { holder, term, now });
        if (answer.kind !== "granted") continue;
        expect(answer.lease.term).toBeGreaterThanOrEqual(lease?.term ?? 0);
        if (lease !== undefined && lease.holder !== holder) {
          expect(lease.expiresAt).toBeLessThanOrEqual(now);
          expect(term).toBeGreaterThan(lease.term);
        }
        lease = answer.lease;
        const mayAct = ["a", "b", "c"].filter(
          (who) => checkLease(lease, { holder: who, term, now }).kind === "allowed",
        );
        expect(mayAct).toEqual([holder]);
      }
    }),
  );
});
