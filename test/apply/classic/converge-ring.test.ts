import { expect, test } from "vitest";
import { convergeRing } from "../../../src/apply/classic/converge-ring.js";
import { defaultRingTimings } from "../../../src/apply/classic/ring-context.js";
import { ringId } from "../../../src/apply/classic/ring-target.js";
import type { RingAccess } from "../../../src/apply/classic/ring-view.js";
import { ClassicChatError, type ClassicChatEvent, type ClassicExoApi } from "../../../src/inventory/classic-exo.js";
import { createManualClock } from "../../support/agent-manual-clock.js";
import { aRingTarget, type FakeRingNode, ringView } from "../../support/fake-ring.js";

const target = aRingTarget(["a", "b"]);
const address = { host: "10.0.0.97", port: 52_415 };
const end: ClassicChatEvent = { kind: "end", finishReason: "stop", requestId: "x" };

/** A ring whose first node answers as told, one behaviour a question. */
function ring(
  answers: readonly (() => AsyncGenerator<ClassicChatEvent>)[],
  changes: () => Readonly<Record<string, Partial<FakeRingNode>>> = () => ({}),
) {
  const clock = createManualClock();
  let asked = 0;
  const api = {
    chat: () => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      return answer?.();
    },
  } as unknown as ClassicExoApi;
  const access: RingAccess = {
    observe: async () => ringView(target, changes()),
    agent: () => undefined,
    api: () => api,
  };
  const told: string[] = [];
  const proven = new Set<string>();
  const context = {
    target,
    access,
    clock,
    timings: { ...defaultRingTimings, agreeMs: 3_000 },
    question: { prompt: "hi" },
  };
  const run = async () => {
    const done = convergeRing(
      context,
      proven,
      (progress) => void told.push(progress.kind === "step-finished" ? progress.outcome : progress.kind),
      new AbortController().signal,
    );
    let over = false;
    const watched = done.finally(() => {
      over = true;
    });
    watched.catch(() => undefined);
    while (!over) await clock.advance(500);
    return await watched;
  };
  return { run, told, proven, asked: () => asked };
}

async function* says(...texts: readonly string[]): AsyncGenerator<ClassicChatEvent> {
  for (const text of texts) yield { kind: "token", text };
  yield end;
}
// biome-ignore lint/correctness/useYield: it fails before its first event
async function* fails(code: ClassicChatError["code"]): AsyncGenerator<ClassicChatEvent> {
  throw new ClassicChatError(address, code, `it was ${code}`, 0);
}

test("a ring that runs is only asked, and then counts as proven", async () => {
  const { run, proven, asked } = ring([() => says("dummy")]);
  expect(await run()).toMatchObject({ changed: false, steps: [{ action: "prove-ring", node: "a" }] });
  expect(proven).toEqual(new Set([ringId(target)]));
  expect(asked()).toBe(1);
});

test("a question that was lost is asked again; not for ever", async () => {
  const lost = () => fails("chat_silent");
  const again = ring([lost, () => says("dummy")]);
  await again.run();
  expect(again.asked()).toBe(2);
  expect(again.told).toContain("once more: it was chat_silent");
  const never = ring([lost]);
  await expect(never.run()).rejects.toMatchObject({ code: "ring_no_answer" });
  expect(never.asked()).toBe(3);
  expect(never.proven.size).toBe(0);
});

test("another model's answer, and none at all, are no proof", async () => {
  const other = ring([() => fails("chat_other_model")]);
  await expect(other.run()).rejects.toMatchObject({ code: "chat_other_model" });
  expect(other.asked()).toBe(1);
  await expect(ring([() => says()]).run()).rejects.toMatchObject({ code: "wrong_answer" });
});

test("nodes that never agree are given up with their reasons", async () => {
  const { run } = ring([() => says("dummy")], () => ({ b: { sees: ["b"] } }));
  await expect(run()).rejects.toMatchObject({ code: "ring_not_whole", message: expect.stringContaining("b") });
});

test("a ring that comes apart while it is asked is not waited for until exo gives up", async () => {
  let broken = false;
  const hangs = async function* (): AsyncGenerator<ClassicChatEvent> {
    broken = true;
    yield { kind: "token", text: "dum" };
    // As exo: silent. The watch ends it by closing the question.
    await new Promise((resolve) => setImmediate(resolve));
    broken = false;
    throw new ClassicChatError(address, "chat_unfinished", "it broke off", 1);
  };
  const { run, asked } = ring([hangs, () => says("dummy")], () => (broken ? { b: { topology: undefined } } : {}));
  await run();
  expect(asked()).toBe(2);
});
