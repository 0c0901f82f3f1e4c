import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SimulatedVariant } from "../../../src/simulate/exo/simulated-variant.js";
import { defaultSimulation } from "../../../src/simulate/simulated-cluster-spec.js";
import { type SimulatedExoCluster, startSimulatedExos } from "../../support/simulated-exos.js";
import { formed, ready, stateOf, until } from "../../support/simulated-http.js";
import { embeddedCard } from "../../support/simulated-instance.js";
import type { ExoFacts } from "./exo-case.js";
import { openHttpDriver } from "./http-driver.js";
import { learnFacts } from "./learn-facts.js";
import { openReplay, readAbout } from "./recording.js";
import { checkCases, recordExo, testCases } from "./run-cases.js";

const instanceId = "exoctl-contract-serving";
/** The releases between differ from these in nothing but what came with them, or went: test/simulate looks at that. */
const variants: readonly SimulatedVariant[] = ["1.0.68", "1.0.71", "newer"];

describe.each(variants)("the simulated exo %s", (variant) => {
  let folder: string;
  let cluster: SimulatedExoCluster;
  let baseUrl: string;
  let facts: ExoFacts;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "exo-contract-"));
    const macs = defaultSimulation(3).macs.map(({ profile }) => profile);
    cluster = await startSimulatedExos({ macs, folder, variant });
    await formed(cluster.nodes);
    const [one, two] = cluster.nodes;
    if (one === undefined || two === undefined) throw new Error("no nodes");
    const shards = [
      { exo: one, startLayer: 0, endLayer: 20 },
      { exo: two, startLayer: 20, endLayer: 36 },
    ];
    const backends = variant === "newer" ? { backends: ["MlxMetal"] } : {};
    await ready(one, shards, instanceId, { card: { ...embeddedCard(), ...backends } });
    ({ baseUrl } = one);
    facts = await learnFacts(baseUrl);
  });

  afterAll(async () => {
    await cluster.close();
    await rm(folder, { recursive: true });
  });

  const breakServing = async (): Promise<void> => {
    const [one] = cluster.nodes;
    if (one === undefined) throw new Error("no nodes");
    const runner: string = await until("a generation", async () => {
      const { runners, instances } = await stateOf(one);
      const id = instances[instanceId].MlxRingInstance.shardAssignments.nodeToRunner[one.nodeId];
      return "RunnerRunning" in (runners[id] ?? {}) && id;
    });
    one.failRunner(runner, "boom");
  };

  // Asked for case by case, because the address is known only when the exos run.
  const expected: ExoFacts = {
    release: variant === "newer" ? "after 1.0.71" : variant,
    ...{ model: "any", serving: { instanceId, model: "any" } },
  };
  testCases({ facts: expected, breakServing }, () => openHttpDriver({ baseUrl, facts, breakServing }));

  test("is of the release that it says", () => expect(facts.release).toBe(expected.release));

  if (variant !== "newer") return;
  test("what was recorded answers as the exo did", async () => {
    const calls = join(folder, "calls");
    const outcomes = await recordExo({ baseUrl, facts, folder: calls, source: "a simulated exo", breakServing });
    expect(outcomes.filter(({ outcome }) => outcome === "broken")).toEqual([]);
    expect(readAbout(calls)).toEqual({ source: "a simulated exo", facts });
    const replayed = await checkCases((one) => openReplay(calls, facts, one));
    expect(replayed).toEqual(outcomes);
    expect(replayed.filter(({ outcome }) => outcome === "kept").length).toBeGreaterThan(60);
  });
});
