import { describe, expect, test } from "vitest";
import { pinWords } from "../../src/cluster/pin-words.js";
import type { FleetNode } from "../../src/controller/fleet.js";
import { createNodesApi } from "../../src/controller/nodes/create-nodes-api.js";
import { createKeyRotation } from "../../src/controller/nodes/key-rotation.js";
import type { Member } from "../../src/controller/state-store.js";
import { createManualClock } from "../support/agent-manual-clock.js";
import { aClusterView, aMember, createMemoryStore, createTestLogger, reportOf } from "../support/controller-house.js";

const pin = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";

const nobody = (): never => {
  throw new Error("nobody asked for this");
};

function anApi(members: readonly Member[], serving: readonly string[] = []) {
  const store = createMemoryStore(members);
  const forgotten: number[] = [];
  const view = aClusterView(members.map(({ name }) => name));
  const instances = serving.map((node) => ({
    id: "exoctl-lab-gpt-oss-120b-g1-abcdef",
    owner: "ours" as const,
    stages: [{ node }],
  }));
  const keys = { current: () => ({ pin, certificatePem: "pem" }), older: () => [], renew: nobody, dropOlder: nobody };
  const api = createNodesApi({
    store,
    keys,
    rotation: createKeyRotation({ keys, store, logger: createTestLogger() }),
    lifetime: new AbortController().signal,
    fleet: {
      refresh: async () => {},
      forgetRemoved: async () => void forgotten.push(store.members().length),
      nodes: () =>
        store.members().map(
          (member): FleetNode => ({
            member,
            report: { value: reportOf(member.name), at: 1, from: "agent" },
          }),
        ),
    },
    statuses: () => [],
    exoViews: () => [],
    view: () => ({ ...view, deployment: { ...view.deployment, instances: instances as never } }),
    clock: createManualClock(),
  });
  return { api, store, forgotten };
}

test("the words of a key are its own, the same every time", () => {
  expect(pinWords(pin).split(" ")).toHaveLength(6);
  expect(pinWords(pin)).toBe(pinWords(pin));
  // One bit apart, in the first of the nine bytes that count.
  expect(pinWords(`o${pin.slice(1)}`)).not.toBe(pinWords(pin));
  // SHA-256 of "test" begins 9f86d081884c7d659a: 10011111100 00110110100 ... = words 1276 and 436 of the BIP-39 list.
  expect(pinWords(pin).split(" ").slice(0, 2)).toEqual(["panel", "custom"]);
});

describe("membership", () => {
  test("lists nodes by name with the words of their keys", () => {
    const { api } = anApi([aMember("two", { pin }), aMember("one")]);
    expect(api.listNodes().map(({ name }) => name)).toEqual(["one", "two"]);
    expect(api.listNodes()[1]).toMatchObject({ pin, pinWords: pinWords(pin), state: "unreachable" });
  });

  test("approves, cordons and uncordons; a second time changes nothing", async () => {
    const { api, store } = anApi([aMember("one", { approval: "waiting" })]);
    const node = "one";
    expect(await api.approveNode({ node })).toEqual({ node, outcome: "changed" });
    expect(await api.approveNode({ node })).toEqual({ node, outcome: "unchanged" });
    expect(await api.cordonNode({ node, mode: "cordon" })).toEqual({ node, outcome: "changed" });
    expect(await api.cordonNode({ node, mode: "cordon" })).toEqual({ node, outcome: "unchanged" });
    expect(store.members()[0]).toMatchObject({ cordoned: true, approval: "given" });
    await api.cordonNode({ node, mode: "uncordon" });
    expect(store.members()[0]?.cordoned).toBe(false);
  });

  test("removes a node that serves nothing, and one that does only when told so", async () => {
    const { api, store } = anApi([aMember("one"), aMember("two")], ["one"]);
    await api.removeNode({ node: "two" });
    await expect(api.removeNode({ node: "one" })).rejects.toMatchObject({ code: "node_serves" });
    expect(store.members().map(({ name }) => name)).toEqual(["one"]);
    await api.removeNode({ node: "one", even: "serving" });
    expect(store.members()).toEqual([]);
  });

  test("names the nodes there are when asked for another one", async () => {
    const { api } = anApi([aMember("one")]);
    await expect(api.approveNode({ node: "six" })).rejects.toMatchObject({
      code: "unknown_node",
      hint: "The nodes are one.",
    });
  });
});

test("tokens are listed without their secrets, and revoked", async () => {
  const { api, store } = anApi([aMember("one")]);
  const key = "A".repeat(43);
  await store.addToken({ id: "aaaaaaaaaa", key, createdAt: 1, expiresAt: 9_000_000_000_000 });
  await store.addToken({ id: "bbbbbbbbbb", key, createdAt: 1, expiresAt: 2 });
  const listed = api.listTokens();
  expect(listed.map(({ id, state }) => [id, state])).toEqual([
    ["aaaaaaaaaa", "open"],
    ["bbbbbbbbbb", "expired"],
  ]);
  expect(JSON.stringify(listed)).not.toContain(key);
  await api.revokeToken({ id: "aaaaaaaaaa" });
  expect(store.tokens().map(({ id }) => id)).toEqual(["bbbbbbbbbb"]);
  await expect(api.revokeToken({ id: "aaaaaaaaaa" })).rejects.toMatchObject({ code: "unknown_token" });
});
