import { afterEach, expect, test } from "vitest";
import { openGrpcClassicPeer } from "../../../src/adapters/exo-classic/grpc-classic-peer.js";
import { openHttpClassicExo } from "../../../src/adapters/exo-classic/http-classic-exo.js";
import { judgeClassicRing } from "../../../src/inventory/classic-agreement.js";
import type { ClassicChatTiming } from "../../../src/inventory/classic-exo.js";
import { passedCards } from "../../../src/simulate/classic/classic-settings.js";
import type { RunningClassicExo } from "../../../src/simulate/classic/run-classic-exo.js";
import { ask } from "../../contract/exo-classic/classic-target.js";
import { recording } from "../../support/classic-recordings.js";
import { prepareClassicRing, type RingMac, type RingOptions } from "../../support/classic-ring.js";
import { untilTrue } from "../../support/until-true.js";

/*
 * Where a test waits, it waits for what it looks for, never for an amount of time. What must not happen is given a little time, which
 * on a slow machine makes the test weaker but never fail.
 */

let close: () => Promise<void> = async () => {};
afterEach(() => close());

async function prepare(macs: readonly RingMac[], options: RingOptions = {}) {
  const ring = await prepareClassicRing(macs, options);
  close = ring.close;
  return ring;
}

async function startThree(macs: readonly [RingMac, RingMac, RingMac], options: RingOptions = {}) {
  const ring = await prepare(macs, options);
  const start = ({ id }: RingMac): Promise<RunningClassicExo> => ring.start(id);
  const exos = await Promise.all([start(macs[0]), start(macs[1]), start(macs[2])]);
  return { ...ring, exos };
}

const soon = (): AbortSignal => AbortSignal.timeout(10_000);
const mac = (id: string, memoryGb: number, more: Partial<RingMac> = {}): RingMac => ({ id, memoryGb, ...more });
const messages = [{ role: "user", content: "hi" }] as const;

async function topologyOf({ api }: RunningClassicExo) {
  const exo = openHttpClassicExo({ address: api, deadlineMs: 8_000 });
  try {
    return await exo.topology(soon());
  } finally {
    await exo.close();
  }
}

/** What a controller that asks all of them concludes. */
async function judge(exos: readonly RunningClassicExo[], layers: number) {
  const views = await Promise.all(exos.map(async (exo) => ({ node: exo.nodeId, topology: await topologyOf(exo) })));
  const judged = judgeClassicRing(views, layers);
  return judged.kind === "agreed"
    ? { ranges: judged.ring.map(({ layers: { start, end } }) => [start, end - 1]), problems: [], owns: [] }
    : {
        ranges: [],
        problems: judged.problems.map(({ code, node }) => `${code} ${node}`),
        owns: judged.computed.map(({ own }) => own && [own.start, own.end - 1]),
      };
}

const untilRanges = (exos: readonly RunningClassicExo[], layers: number, ...ranges: readonly (readonly number[])[]) =>
  untilTrue(
    async () => JSON.stringify((await judge(exos, layers)).ranges) === JSON.stringify(ranges),
    "the ring agrees",
  );

const chat = ({ api }: RunningClassicExo, model: string) =>
  ask(api, { method: "POST", path: "/v1/chat/completions", body: { model, messages } });

/** How many tokens came, and how it ended. */
async function stream(
  { api }: RunningClassicExo,
  model: string,
  timing: ClassicChatTiming,
  onToken: (count: number) => Promise<void>,
) {
  const exo = openHttpClassicExo({ address: api });
  let tokens = 0;
  try {
    for await (const event of exo.chat({ model, messages }, timing, soon())) {
      if (event.kind === "end") return [tokens, event.finishReason];
      tokens += 1;
      await onToken(tokens);
    }
    return [tokens, "no end"];
  } catch (error) {
    return [tokens, error instanceof Error && "code" in error ? error.code : error];
  } finally {
    await exo.close();
  }
}

const nothing = async (): Promise<void> => {};

test("a ring: agrees, answers several at once, goes silent with a dead node, falls back, heals without and with it", async () => {
  const macs = [mac("a", 200), mac("b", 10, { configuredMb: 20 }), mac("c", 8)] as const;
  const cards = passedCards([{ id: "long", layers: 36 }]);
  const { exos, start } = await startThree(macs, {
    cards,
    tokens: 40,
    stepMs: 4,
    flags: ["--max-generate-tokens", "16"],
  });
  const [a, b, c] = exos;
  await untilRanges(exos, 36, [0, 32], [33, 33], [34, 35]);

  const choice = { finish_reason: "length", message: { content: "dummy".repeat(16) } };
  for (const { body } of await Promise.all([chat(a, "long"), chat(b, "long"), chat(c, "long")]))
    expect(body).toMatchObject({ choices: [choice], usage: { completion_tokens: 16 } });

  // For 8 layers b gets none: requests through c fail at once, through the others after one token.
  expect((await judge(exos, 8)).problems).toEqual(["no_layers b"]);
  const { chat_dummy } = recording("partitions/zero-layers-middle-node-empty").per_node.c;
  expect(await chat(c, "dummy")).toMatchObject({ status: chat_dummy.status, body: JSON.parse(chat_dummy.body) });
  expect(await stream(a, "dummy", { firstTokenMs: 8_000, silenceMs: 300 }, nothing)).toEqual([1, "chat_silent"]);

  const loseB = async (count: number): Promise<void> => (count === 3 ? b.close() : undefined);
  const [tokens, end] = await stream(a, "long", { firstTokenMs: 8_000, silenceMs: 500 }, loseB);
  expect([Number(tokens) < 16, end]).toEqual([true, "chat_silent"]);

  // First with the memory of its discovery file, then not at all.
  const seen = new Set<number | undefined>();
  await untilTrue(async () => {
    seen.add((await topologyOf(c)).nodes.get("b")?.memoryMb);
    return seen.has(undefined);
  }, "c drops b");
  expect([...seen].slice(-2)).toEqual([20, undefined]);
  await untilRanges([a, c], 36, [0, 33], [34, 35]);
  expect((await chat(c, "long")).status).toBe(200);
  await untilRanges([a, await start("b"), c], 36, [0, 32], [33, 33], [34, 35]);
});

test("a partial mesh: the nodes disagree as recorded, and whoever the last node does not know hears nothing", async () => {
  const { exos } = await startThree([
    mac("a", 192, { blindFor: ["c"] }),
    mac("b", 128),
    mac("c", 64, { blindFor: ["a"] }),
  ]);
  const [a, b, c] = exos;
  await untilTrue(
    async () => JSON.stringify((await judge(exos, 36)).owns) === "[[0,20],[18,28],[24,35]]",
    "as recorded",
  );
  expect((await judge(exos, 36)).problems).toEqual(["partial_mesh a"]);
  const { per_node } = recording("partitions/partial-mesh-disagreement");
  expect([(await chat(b, "dummy")).status, (await chat(c, "dummy")).status]).toEqual([
    per_node.b.chat_dummy.status,
    per_node.c.chat_dummy.status,
  ]);
  expect(await stream(a, "dummy", { firstTokenMs: 400, silenceMs: 400 }, nothing)).toEqual([0, "chat_silent"]);
});

test("a node that waits for peers has no API; then: active while it works, its own limit, quit, foreign origins", async () => {
  const flags = ["--chatgpt-api-response-timeout", "50"];
  const { start, grpc } = await prepare([mac("a", 64), mac("b", 64)], { stepMs: 600, flags });
  let isServing = false;
  const waiting = start("a", ["--wait-for-peers", "1"]).finally(() => {
    isServing = true;
  });
  const peer = openGrpcClassicPeer({ address: grpc("a"), deadlineMs: 8_000 });
  const isOpen = (): Promise<boolean> =>
    peer.health(soon()).then(
      () => true,
      () => false,
    );
  await untilTrue(isOpen, "its port is open");
  expect([(await peer.topology(soon())).nodes.size, isServing]).toEqual([0, false]);
  await peer.close();
  const [b, a] = [await start("b"), await waiting];
  await untilRanges([a, b], 8, [0, 3], [4, 7]);

  const timing = { firstTokenMs: 8_000, silenceMs: 8_000 };
  const asked = Promise.all([chat(a, "dummy"), stream(a, "dummy", timing, nothing)]);
  await untilTrue(async () => (await topologyOf(a)).activeNodeId !== undefined, "a node is active");
  const [whole, [, end]] = await asked;
  expect(whole).toEqual({
    status: 408,
    type: "application/json; charset=utf-8",
    body: { detail: "Request timed out" },
  });
  expect(end).toBe("chat_unfinished");
  await untilTrue(async () => (await topologyOf(a)).activeNodeId === undefined, "both are idle");

  const url = `http://127.0.0.1:${a.api.port}/quit`;
  expect((await fetch(url, { method: "POST", headers: { origin: "https://evil.example" } })).status).toBe(403);
  const exo = openHttpClassicExo({ address: a.api, deadlineMs: 8_000 });
  await exo.quit(soon());
  expect(await a.ended).toBe("quit");
  await exo.close();
});
