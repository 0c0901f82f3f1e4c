import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAskAround, patienceMs } from "../../src/controller/ask-around.js";
import { createManualClock, settle } from "../support/agent-manual-clock.js";

const { signal } = new AbortController();

/** People who answer when the test says so. */
function aTable() {
  const clock = createManualClock();
  const open = new Map<string, { answer(): void; fail(): void }[]>();
  const asked: string[] = [];
  const ask = (name: string, aborted: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      asked.push(name);
      const question = { answer: resolve, fail: () => reject(new Error("no answer")) };
      open.set(name, [...(open.get(name) ?? []), question]);
      aborted.addEventListener("abort", () => reject(aborted.reason), { once: true });
    });
  const end = async (name: string, how: "answer" | "fail"): Promise<void> => {
    for (const question of open.get(name) ?? []) question[how]();
    open.delete(name);
    await settle();
  };
  return { clock, asked, around: createAskAround(ask, clock), end, waiting: () => [...open.keys()] };
}

const isOver = async (round: Promise<void>): Promise<boolean> => {
  let over = false;
  round.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  await settle();
  return over;
};

describe("a round", () => {
  test("asks everybody at once and ends when all have answered", async () => {
    const { around, asked, end, clock } = aTable();
    const round = around.round(["a", "b"], signal);
    expect(asked).toEqual(["a", "b"]);
    await end("a", "answer");
    expect(await isOver(round)).toBe(false);
    await end("b", "answer");
    expect(await isOver(round)).toBe(true);
    expect(clock.sleeping).toBe(0);
  });

  test("waits no longer than its patience, and leaves the question open", async () => {
    const { around, asked, end, clock } = aTable();
    const round = around.round(["a", "b"], signal);
    await end("a", "answer");
    await clock.advance(patienceMs - 1);
    expect(await isOver(round)).toBe(false);
    await clock.advance(1);
    expect(await isOver(round)).toBe(true);
    const next = around.round(["a", "b"], signal);
    expect(asked).toEqual(["a", "b", "a"]); // b is still thinking: nobody is asked twice at once
    await end("a", "answer");
    expect(await isOver(next)).toBe(true);
  });

  test("does not wait for somebody who failed the last time, and does so again once they answered", async () => {
    const { around, end } = aTable();
    const first = around.round(["a", "b"], signal);
    await end("a", "answer");
    await end("b", "fail");
    expect(await isOver(first)).toBe(true);
    const second = around.round(["a", "b"], signal);
    await end("a", "answer");
    expect(await isOver(second)).toBe(true);
    await end("b", "answer");
    const third = around.round(["a", "b"], signal);
    await end("a", "answer");
    expect(await isOver(third)).toBe(false);
    await end("b", "answer");
    expect(await isOver(third)).toBe(true);
  });

  test("a key named twice is asked once", async () => {
    const { around, asked, end } = aTable();
    const round = around.round(["a", "a"], signal);
    expect(asked).toEqual(["a"]);
    await end("a", "answer");
    expect(await isOver(round)).toBe(true);
  });

  test("abort ends the wait, not the question", async () => {
    const { around, asked, end } = aTable();
    const stop = new AbortController();
    const round = around.round(["a"], stop.signal);
    stop.abort(new Error("enough"));
    await expect(round).rejects.toThrow("enough");
    const next = around.round(["a"], signal);
    expect(asked).toEqual(["a"]);
    await end("a", "answer");
    expect(await isOver(next)).toBe(true);
  });

  test("somebody who was left out of a round and comes back is waited for again", async () => {
    const { around, end } = aTable();
    const first = around.round(["a"], signal);
    await end("a", "fail");
    await first;
    await around.round([], signal);
    const back = around.round(["a"], signal);
    expect(await isOver(back)).toBe(false);
    await end("a", "answer");
    await back;
  });
});

test("closing aborts what is under way, waits for it, and nobody is asked afterwards", async () => {
  const { around, asked } = aTable();
  const round = around.round(["a"], signal);
  await around.close();
  await round;
  await expect(around.round(["a"], signal)).rejects.toThrow();
  expect(asked).toEqual(["a"]);
});

test("property: whatever they do, nobody is asked twice at once and no round outlasts its patience", async () => {
  const behaviour = fc.constantFrom("answer", "fail", "silence");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(behaviour, behaviour, behaviour), { maxLength: 6 }), async (rounds) => {
      const { around, end, clock, waiting } = aTable();
      for (const acts of rounds) {
        const before = new Set(waiting());
        const round = around.round(["0", "1", "2"], signal);
        for (const name of before) expect(waiting().filter((other) => other === name)).toHaveLength(1);
        for (const [index, act] of acts.entries()) if (act !== "silence") await end(String(index), act);
        await clock.advance(patienceMs);
        expect(await isOver(round)).toBe(true);
      }
      await around.close();
    }),
    { numRuns: 50 },
  );
});
