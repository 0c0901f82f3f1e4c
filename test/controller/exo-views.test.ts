import { expect, test } from "vitest";
import { exoNodeId } from "../../src/cluster/names.js";
import { patienceMs } from "../../src/controller/ask-around.js";
import { createExoViews, type ExoConnection } from "../../src/controller/exo-views.js";
import type { ExoAddress } from "../../src/inventory/exo-state.js";
import { createManualClock, settle } from "../support/agent-manual-clock.js";
import { anExo, silence } from "../support/controller-house.js";
import { variant71 } from "../support/exo-fixtures.js";

const { signal } = new AbortController();
const one: ExoAddress = { host: "10.0.0.1", port: 52415 };
const two: ExoAddress = { host: "10.0.0.2", port: 52415 };

function someViews(change: (address: ExoAddress) => Partial<ExoConnection> = () => ({})) {
  const log: string[] = [];
  const clock = createManualClock();
  const views = createExoViews({
    connect: (address) => {
      log.push(`connect ${address.host}`);
      return anExo(address.host, address, {
        close: async () => void log.push(`close ${address.host}`),
        ...change(address),
      });
    },
    clock,
    simulated: "real",
  });
  return { views, log, clock };
}

test("asks every exo over one connection each, whether it is named once or twice", async () => {
  const { views, log } = someViews();
  await views.refresh([one, two, one], signal);
  await views.refresh([one, two], signal);
  expect(log).toEqual(["connect 10.0.0.1", "connect 10.0.0.2"]);
  expect(views.views()).toEqual([
    expect.objectContaining({ address: one, nodeId: "exo-of-10.0.0.1", variant: variant71, simulated: false }),
    expect.objectContaining({ address: two, observation: expect.objectContaining({ at: 1_000_000, from: "exo" }) }),
  ]);
  expect(views.connection(two)?.address).toEqual(two);
});

test("asks for the variant once in the life of an exo, and again when its id is new", async () => {
  let id = "first";
  let asked = 0;
  const { views } = someViews(() => ({
    nodeId: async () => exoNodeId(id),
    variant: async () => {
      asked += 1;
      return variant71;
    },
  }));
  await views.refresh([one], signal);
  await views.refresh([one], signal);
  expect(asked).toBe(1);
  id = "second";
  await views.refresh([one], signal);
  expect(asked).toBe(2);
});

test("an exo that stops answering keeps its last view, which grows old, and says what is wrong until it is mended", async () => {
  let broken = false;
  const { views, clock } = someViews(() => ({
    nodeId: async () => {
      if (broken) throw new Error("exo at 10.0.0.1:52415 did not answer");
      return exoNodeId("exo-of-10.0.0.1");
    },
  }));
  await views.refresh([one], signal);
  broken = true;
  await clock.advance(5_000);
  await views.refresh([one], signal);
  expect(views.views()[0]?.observation.at).toBe(1_000_000);
  expect(views.troubles()).toEqual(["exo at 10.0.0.1:52415 did not answer"]);
  broken = false;
  await views.refresh([one], signal);
  await settle(); // not waited for, since it failed the last time
  expect(views.views()[0]?.observation.at).toBe(1_005_000);
  expect(views.troubles()).toEqual([]);
});

test("a slow exo delays one round by no more than our patience, and later ones not at all", async () => {
  const { views, clock } = someViews((address) => (address === two ? { observe: silence } : {}));
  const first = views.refresh([one, two], signal);
  await clock.advance(patienceMs);
  await first;
  await views.refresh([one, two], signal);
  expect(views.views().map((view) => view.address)).toEqual([one]);
  await views.close();
});

test("exos that are not named any more are forgotten and closed, even while they are being asked", async () => {
  let answer = (): void => {};
  const slow = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { views, log, clock } = someViews((address) =>
    address === two ? { nodeId: () => slow.then(() => exoNodeId("late")) } : {},
  );
  const first = views.refresh([one, two], signal);
  await clock.advance(patienceMs);
  await first;
  await views.refresh([one], signal);
  answer();
  await settle();
  expect(log.at(-1)).toBe("close 10.0.0.2");
  expect(views.views().map((view) => view.address)).toEqual([one]);
  expect(views.connection(two)).toBeUndefined();
});

test("closing closes every connection once, and waits for questions under way", async () => {
  const { views, log } = someViews(() => ({ observe: silence }));
  const round = views.refresh([one, two], signal);
  await views.close();
  await round;
  expect(log.slice(2).toSorted()).toEqual(["close 10.0.0.1", "close 10.0.0.2"]);
  expect(views.views()).toEqual([]);
});

test("abort ends the round", async () => {
  const stop = new AbortController();
  const { views } = someViews(() => ({ observe: silence }));
  const round = views.refresh([one], stop.signal);
  stop.abort(new Error("stopped"));
  await expect(round).rejects.toThrow("stopped");
  await views.close();
});
