import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ModernExo, openModernExo } from "../../src/adapters/exo-modern/open-modern-exo.js";
import type { ClusterAccess, ClusterView } from "../../src/apply/cluster-access.js";
import { type ApplyDeps, converge } from "../../src/apply/converge.js";
import type { ApplyTarget } from "../../src/apply/target.js";
import { buildInventory } from "../../src/inventory/build-inventory.js";
import { buildDeployment } from "../../src/inventory/deployment.js";
import type { ExoView } from "../../src/inventory/exo-view.js";
import { defaultSimulation } from "../../src/simulate/simulated-cluster-spec.js";
import { gptOssEntry } from "../support/exo-fixtures.js";
import { realClock } from "../support/real-clock.js";
import { type SimulatedExoCluster, startSimulatedExos } from "../support/simulated-exos.js";
import { formed } from "../support/simulated-http.js";

let folder: string;
let cluster: SimulatedExoCluster;
let exos: ModernExo[];
const signal = new AbortController().signal;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-apply-"));
  cluster = await startSimulatedExos({ macs: defaultSimulation(3).macs.map(({ profile }) => profile), folder });
  await formed(cluster.nodes);
  exos = cluster.nodes.map((node) => {
    const url = new URL(node.baseUrl);
    return openModernExo({ host: url.hostname, port: Number(url.port) });
  });
});

afterAll(async () => {
  for (const exo of exos) await exo.close();
  await cluster.close();
  await rm(folder, { recursive: true });
});

async function viewOf(exo: ModernExo): Promise<ExoView> {
  const [nodeId, value, variant] = await Promise.all([exo.nodeId(signal), exo.observe(signal), exo.variant(signal)]);
  const observation = { value, at: Date.now(), from: "exo" as const };
  return { address: exo.address, nodeId, observation, simulated: true, ...(variant === undefined ? {} : { variant }) };
}

/** The cluster without agents, as `--exo` sees it. */
function access(): ClusterAccess & { view(): Promise<ClusterView> } {
  let last: ClusterView | undefined;
  const view = async (): Promise<ClusterView> => {
    const views = await Promise.all(exos.map(viewOf));
    const now = Date.now();
    const known = buildInventory({ now, agents: [], views });
    const models = await Promise.all(exos.map((exo) => exo.models(signal)));
    const listed = new Map(
      views.flatMap((item, index) => {
        const name = known.nameOf(item.nodeId);
        return name === undefined ? [] : [[name, models[index] ?? []] as const];
      }),
    );
    const deployment = buildDeployment({ now, clusterId: "lab", views, nameOf: known.nameOf });
    last = { inventory: known.inventory, deployment, registries: new Map(), listed };
    return last;
  };
  return {
    view,
    observe: view,
    agent: () => undefined,
    exo: (name) => {
      const address = last?.inventory.nodes.find((node) => node.name === name)?.exo.value.address;
      return exos.find((exo) => exo.address.port === address?.port && exo.address.host === address.host);
    },
  };
}

test("over exo's API alone: placed as wanted, ready, proven; a second time nothing; a new cut replaces it", async () => {
  const reach = access();
  const { inventory } = await reach.view();
  expect(inventory.nodes.map((node) => node.notReady)).toEqual([[], [], []]);
  const bySize = inventory.nodes.toSorted(
    (left, right) => right.memory.value.availableBytes - left.memory.value.availableBytes,
  );
  const [large, middle, small] = bySize.map((node) => node.name);
  if (large === undefined || middle === undefined || small === undefined) throw new Error("three nodes were started");
  const target = (ends: readonly [number, number], generation: number): ApplyTarget => ({
    clusterId: "lab",
    generation,
    servedName: "gpt-oss-120b",
    entry: gptOssEntry,
    entryMode: "builtin",
    weights: "published",
    copies: [
      {
        sharding: "pipeline",
        stages: [
          { node: middle, layers: { start: 0, end: ends[0] } },
          { node: large, layers: { start: ends[0], end: ends[1] } },
          { node: small, layers: { start: ends[1], end: 36 } },
        ],
      },
    ],
  });
  const copier = { copy: () => Promise.reject(new Error("there are no agents here")) };
  const deps: ApplyDeps = { access: reach, copier, clock: realClock, newUuid: randomUUID, timings: { pollMs: 50 } };

  const first = await converge(target([12, 28], 1), deps, signal);
  expect(first.changed).toBe(true);
  const [running] = (await reach.view()).deployment.instances;
  expect(running).toMatchObject({ id: first.instanceIds[0], owner: "ours", health: { state: "ready" } });
  expect(running?.stages.map((stage) => [stage.node, stage.layers.start, stage.layers.end])).toEqual([
    [middle, 0, 12],
    [large, 12, 28],
    [small, 28, 36],
  ]);

  const again = await converge(target([12, 28], 2), { ...deps, proven: new Set(first.instanceIds) }, signal);
  expect(again).toMatchObject({ changed: false, steps: [], instanceIds: first.instanceIds });

  const moved = await converge(target([10, 27], 3), deps, signal);
  expect(moved.steps.map((step) => step.action)).toEqual([
    "delete-instance",
    "create-instance",
    "await-ready",
    "prove",
  ]);
  expect((await reach.view()).deployment.instances.map((instance) => instance.id)).toEqual(moved.instanceIds);
});
