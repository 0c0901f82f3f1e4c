import { afterEach, expect, test } from "vitest";
import { createNewestWins } from "../../../src/agent/sync/newest-wins.js";
import { reportWhile, untilAborted } from "../../../src/agent/sync/report-while.js";
import { createManualClock, settle } from "../../support/agent-manual-clock.js";

const never = new AbortController().signal;
const order: string[] = [];
afterEach(() => void order.splice(0));

/** Work that ends a little after it was told to. */
const work =
  (name: string) =>
  async (signal: AbortSignal): Promise<never> => {
    order.push(`${name} begins`);
    try {
      return await untilAborted(signal);
    } finally {
      await settle();
      order.push(`${name} ends`);
    }
  };

test("a newer copy of the same model waits until the older one has ended; other models go on", async () => {
  const newest = createNewestWins<string>();
  const stop = new AbortController();
  const newer = new Error("a newer one");
  const first = newest.run("m", newer, work("first"), never).catch((error: Error) => error.message);
  const other = newest.run("other", newer, work("other"), stop.signal).catch((error: Error) => error.message);
  await settle();
  const second = newest.run("m", newer, work("second"), stop.signal).catch((error: Error) => error.message);
  expect(await first).toBe("a newer one");
  await settle();
  expect(order).toEqual(["first begins", "other begins", "first ends", "second begins"]);
  stop.abort(new Error("enough"));
  expect(await Promise.all([second, other])).toEqual(["enough", "enough"]);
});

test("work is told of while it runs, and has ended when its teller failed", async () => {
  const clock = createManualClock();
  let told = 0;
  const tell = async (): Promise<void> => {
    told += 1;
    if (told === 3) throw new Error("the controller's lease has run out");
  };
  const result = reportWhile({ clock, everyMs: 500, tell }, work("copy"), never).catch((error: Error) => error.message);
  await settle();
  await clock.advance(1_000);
  expect([told, order]).toEqual([2, ["copy begins"]]);
  await clock.advance(500);
  expect(await result).toBe("the controller's lease has run out");
  expect(order).toEqual(["copy begins", "copy ends"]);
  await clock.advance(5_000);
  expect(told).toBe(3);
});
