import { setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import { nodeName } from "../../src/cluster/names.js";
import { watchClassicRing } from "../../src/controller/classic-watch.js";
import type { ClassicPeer } from "../../src/inventory/classic-exo.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { createManualClock, settle } from "../support/agent-manual-clock.js";

test("a node counts as lost after two misses in a row, and the ring as well once it has stayed whole for a while", async () => {
  const clock = createManualClock();
  const ending = new AbortController();
  setMaxListeners(50, ending.signal); // the manual clock leaves one behind for each sleep
  const dead = new Set<string>();
  let whole = true;
  let members = ["a", "b"].map(nodeName);
  const peer = (name: string): ClassicPeer =>
    ({
      health: async () => {
        if (dead.has(name)) throw new Error("refused");
      },
    }) as unknown as ClassicPeer;
  const watch = watchClassicRing(
    {
      eyes: { peer },
      members: () => members,
      isWhole: () => whole,
      clock,
      logger: silentLogger,
      ...{ everyMs: 500, deadlineMs: 2_000, settleMs: 1_000 },
    },
    ending.signal,
  );
  await settle();
  dead.add("b");
  await clock.advance(500);
  expect(watch.lost()).toEqual([]);
  await clock.advance(500);
  expect(watch.lost()).toEqual(["exo on b does not answer"]);
  dead.clear();
  whole = false;
  await clock.advance(1_000);
  expect(watch.lost()).toEqual(["the ring is coming together again"]);
  whole = true;
  await clock.advance(1_000);
  expect(watch.lost()).toEqual(["the ring is coming together again"]);
  await clock.advance(500);
  expect(watch.lost()).toEqual([]);
  dead.add("a");
  await clock.advance(1_000);
  members = [];
  await clock.advance(500);
  expect(watch.lost()).toEqual([]);
  ending.abort(new Error("over"));
  await watch.ended;
});
