import { describe, expect, test } from "vitest";
import type { ClusterView } from "../../src/apply/cluster-access.js";
import { nodeName } from "../../src/cluster/names.js";
import { createSplitWatch } from "../../src/controller/split-watch.js";
import { createManualClock, settle } from "../support/agent-manual-clock.js";
import { aClusterView, aLink, createTestLogger } from "../support/controller-house.js";

const names = ["studio-1", "studio-2", "studio-3"];
const whole = aClusterView(names);

/** The cluster after exo on these nodes has parted from the others. */
const without = (...apart: readonly string[]): ClusterView => ({
  ...whole,
  inventory: {
    ...whole.inventory,
    nodes: whole.inventory.nodes.map((node) =>
      apart.includes(node.name)
        ? { ...node, exo: { ...node.exo, value: { ...node.exo.value, apart: true } }, notReady: ["it is apart"] }
        : node,
    ),
  },
});

/** A watch that looks once a second at whatever it is given. */
function aWatch({ manages = true, agents = names as readonly string[], lostStarts = 0 } = {}) {
  let lost = lostStarts;
  const clock = createManualClock();
  const calls: string[] = [];
  const agent = (node: string) =>
    aLink(node, {
      stopExo: async () => void calls.push(`stop ${node}`),
      startExo: async () => {
        lost -= 1;
        if (lost >= 0) throw new Error("the link was lost");
        calls.push(`start ${node}`);
      },
    });
  const watch = createSplitWatch({
    access: { agent: (node) => (agents.includes(node) ? agent(node) : undefined) },
    manages: () => manages,
    clock,
    logger: createTestLogger(),
    lifetime: new AbortController().signal,
  });
  const look = async (seconds: number, view: ClusterView, mode: "mend" | "watch" = "mend"): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      watch.look(view, mode);
      await settle();
      await clock.advance(1_000);
    }
  };
  return { calls, look };
}

const again = ["stop studio-3", "start studio-3"];

describe("an exo that is in another cluster than the others", () => {
  test("is started again after two minutes, and once more if that did not help, then no more", async () => {
    const { calls, look } = aWatch();
    await look(120, without("studio-3"));
    expect(calls).toEqual([]);
    await look(1, without("studio-3"));
    expect(calls).toEqual(again);
    await look(119, without("studio-3"));
    expect(calls).toEqual(again);
    await look(600, without("studio-3"));
    expect(calls).toEqual([...again, ...again]);
  });

  test("does not stay stopped where the link was lost in between, also when it is not seen any more", async () => {
    const { calls, look } = aWatch({ lostStarts: 5 });
    await look(121, without("studio-3"));
    expect(calls).toEqual(["stop studio-3"]);
    await look(10, whole);
    expect(calls).toEqual(again);
  });

  test("is begun with anew once it was back", async () => {
    const { calls, look } = aWatch();
    await look(300, without("studio-3"));
    expect(calls).toHaveLength(4);
    await look(1, whole);
    await look(120, without("studio-3"));
    expect(calls).toHaveLength(4);
    await look(1, without("studio-3"));
    expect(calls).toHaveLength(6);
  });

  test("is left alone when it finds the others by itself", async () => {
    const { calls, look } = aWatch();
    for (let time = 0; time < 5; time += 1) {
      await look(100, without("studio-3"));
      await look(1, whole);
    }
    expect(calls).toEqual([]);
  });

  test("is started once there is something to mend", async () => {
    const { calls, look } = aWatch();
    await look(300, without("studio-3"), "watch");
    expect(calls).toEqual([]);
    await look(1, without("studio-3"));
    expect(calls).toEqual(again);
  });

  test("is left alone where it is not ours to start, set aside, out of reach, or may be serving", async () => {
    const split = without("studio-3");
    const { nodes } = split.inventory;
    const cordoned = {
      ...split,
      inventory: { ...split.inventory, nodes: nodes.map((node) => ({ ...node, cordoned: true })) },
    };
    const stage = { nodeId: "x", node: nodeName("studio-3"), rank: 0, layers: { start: 0, end: 36 }, runner: "ready" };
    const instance = { id: "i", modelId: "m", owner: "foreign", health: { state: "ready" }, stages: [stage] };
    const serving = { ...split, deployment: { ...split.deployment, instances: [instance] } } as unknown as ClusterView;
    const left = [
      [aWatch({ manages: false }), split],
      [aWatch(), cordoned],
      [aWatch({ agents: [] }), split],
      [aWatch(), serving],
    ] as const;
    for (const [{ calls, look }, view] of left) {
      await look(130, view);
      expect(calls).toEqual([]);
    }
  });
});
