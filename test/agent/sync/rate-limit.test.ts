import fc from "fast-check";
import { expect, test } from "vitest";
import { bothLimits, createRateLimit, reserve } from "../../../src/agent/sync/rate-limit.js";
import { createManualClock, settle } from "../../support/agent-manual-clock.js";

const never = new AbortController().signal;

test("in no stretch of time does more go out than the rate allows, and nobody waits longer than it asks for", () => {
  const ask = fc.record({ idleMs: fc.integer({ min: 0, max: 500 }), bytes: fc.integer({ min: 1, max: 300_000 }) });
  fc.assert(
    fc.property(
      fc.array(ask, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 10_000, max: 10_000_000 }),
      (asks, rate) => {
        let [now, nextFree] = [1_000, Number.NEGATIVE_INFINITY];
        const sent: { readonly at: number; readonly bytes: number }[] = [];
        for (const { idleMs, bytes } of asks) {
          now += idleMs;
          const reserved = reserve(nextFree, bytes, now, rate);
          nextFree = reserved.nextFree;
          now += reserved.waitMs;
          sent.push({ at: now, bytes });
        }
        for (const [from, first] of sent.entries()) {
          let sum = 0;
          for (const { at, bytes } of sent.slice(from)) {
            // What has gone out before this one, in the time since the first.
            expect(sum).toBeLessThanOrEqual((rate * (at - first.at + 100)) / 1_000 + 1 + first.bytes);
            sum += bytes;
          }
        }
      },
    ),
  );
});

test("a full second of slices takes about a second", async () => {
  const clock = createManualClock();
  const limit = createRateLimit(1_000_000, clock);
  let sent = 0;
  const send = async (): Promise<void> => {
    while (sent < 1_000_000) {
      await limit.take(limit.sliceBytes, never);
      sent += limit.sliceBytes;
    }
  };
  const sending = send();
  await settle();
  await clock.advance(800);
  expect(sent).toBeLessThan(1_000_000);
  await clock.advance(200);
  await sending;
});

test("the slower of two limits decides, and slices suit both", async () => {
  const clock = createManualClock();
  const limit = bothLimits(createRateLimit(undefined, clock), createRateLimit(400_000, clock));
  expect(limit.sliceBytes).toBe(10_000);
  await limit.take(400_000, never);
  const second = limit.take(1, never);
  await settle();
  expect(clock.sleeping).toBe(1);
  await clock.advance(1_000);
  await second;
});

test("whoever waits hears of the abort at once", async () => {
  const clock = createManualClock();
  const limit = createRateLimit(1_000, clock);
  await limit.take(10_000, never);
  const stop = new AbortController();
  const waiting = limit.take(1, stop.signal);
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});
