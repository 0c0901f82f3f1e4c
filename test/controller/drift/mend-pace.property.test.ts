import fc from "fast-check";
import { expect, test } from "vitest";
import {
  fightMends,
  fightWindowMs,
  isFought,
  type MendHistory,
  nextMendAt,
  noHistory,
  recentMends,
  withFailure,
  withMend,
} from "../../../src/controller/drift/mend-pace.js";

const second = 1_000;
const minute = 60 * second;

test("the first three mends wait for nothing, the next ones for 1, 2, 4 minutes", () => {
  let history: MendHistory = noHistory;
  for (const at of [0, 1, 2]) {
    expect(nextMendAt(history, at * second)).toBeLessThanOrEqual(at * second);
    expect(isFought(history, at * second)).toBe(false);
    history = withMend(history, at * second);
  }
  let at = 2 * second;
  for (const pause of [1, 2, 4]) {
    expect(isFought(history, at)).toBe(true);
    expect(nextMendAt(history, at)).toBe(at + pause * minute);
    at += pause * minute;
    history = withMend(history, at);
  }
});

test("failures wait 2, 4, 8 s and so on up to a minute, and a mend ends that", () => {
  const delays = [2, 4, 8, 16, 32, 60, 60];
  let history = noHistory;
  let now = 0;
  for (const delay of delays) {
    history = withFailure(history, now);
    expect(nextMendAt(history, now) - now).toBe(delay * second);
    now = nextMendAt(history, now);
  }
  expect(nextMendAt(withMend(history, now), now)).toBeLessThanOrEqual(now);
});

test("after ten quiet minutes everything is forgiven", () => {
  const history = [0, 1, 2, 3].reduce((before, at) => withMend(before, at), noHistory);
  expect(isFought(history, 3 + fightWindowMs)).toBe(false);
  expect(nextMendAt(history, 3 + fightWindowMs)).toBeLessThanOrEqual(3 + fightWindowMs);
});

test("somebody who changes it all the time is answered at most six times in any ten minutes, and never given up", () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 5 * minute }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(pauses, (reactions) => {
      let history: MendHistory = noHistory;
      let now = 0;
      const mends: number[] = [];
      for (const reaction of reactions) {
        const due = nextMendAt(history, now);
        expect(due - now).toBeLessThanOrEqual(fightWindowMs);
        now = Math.max(now, due) + reaction;
        // Time may have passed since: it is due, or becomes so.
        expect(nextMendAt(history, now)).toBeLessThanOrEqual(now);
        history = withMend(history, now);
        mends.push(now);
        expect(recentMends(history, now).length).toBeLessThanOrEqual(fightMends + 3);
      }
      for (const start of mends) {
        const inWindow = mends.filter((at) => at >= start && at < start + fightWindowMs);
        expect(inWindow.length).toBeLessThanOrEqual(fightMends + 3);
      }
    }),
    { numRuns: 300 },
  );
});
