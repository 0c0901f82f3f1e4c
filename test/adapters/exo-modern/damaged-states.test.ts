import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseState } from "../../../src/adapters/exo-modern/parse-state.js";
import type { ExoVariant } from "../../../src/cluster/exo-variant.js";
import { exoNodeId } from "../../../src/cluster/names.js";
import { buildInventory } from "../../../src/inventory/build-inventory.js";
import { buildDeployment } from "../../../src/inventory/deployment.js";
import type { ExoView } from "../../../src/inventory/exo-view.js";
import { exoFixture, variant71, variantHead } from "../../support/exo-fixtures.js";

type Tree = Record<string, unknown>;

/** The documents that are damaged, all runners ready: healthy as they stand. Mostly the newest, and each older one. */
const documents: readonly (readonly [folder: string, runs: number])[] = [
  ["after-1.0.71", 460],
  ["1.0.68", 180],
  ["1.0.64", 120],
  ["1.0.61", 120],
  ["1.0.60", 120],
];

const healthy = (folder: string): Tree => {
  const raw = structuredClone(exoFixture(`${folder}/state.json`)) as Tree & { runners: Tree };
  for (const id of Object.keys(raw.runners)) raw.runners[id] = { RunnerReady: {} };
  return raw;
};

interface Verdicts {
  readonly instances: readonly string[];
  readonly readyNodes: number;
}

/** Everything that is ever concluded from a state: how instances are, and how many nodes may be given layers. */
function verdictsOf(raw: unknown, at: number, variant: ExoVariant | undefined): Verdicts {
  const value = parseState(raw);
  const view: ExoView = {
    address: { host: "127.0.0.1", port: 52_415 },
    nodeId: exoNodeId("any"),
    observation: { value, at, from: "exo" },
    ...(variant === undefined ? {} : { variant }),
  };
  const { inventory, nameOf } = buildInventory({ now: at, agents: [], views: [view] });
  const deployment = buildDeployment({ now: at, clusterId: "lab", views: [view], nameOf });
  return {
    instances: deployment.instances.map(({ health }) => health.state),
    readyNodes: inventory.nodes.filter(({ notReady }) => notReady.length === 0).length,
  };
}

const timeOf = (raw: unknown): number => Math.max(...parseState(raw).peers.map((peer) => peer.lastSeenAt ?? 0));

/** The path to every value in a document, parents first. */
function paths(value: unknown, above: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [[...above, key], ...paths(item, [...above, key])]);
}

/** Facts without which nobody may call the instance healthy: every change of one of them must be noticed. */
const vital = [
  /^\/instances\/[^/]+(\/MlxRingInstance(\/instanceId|\/shardAssignments)?)?$/,
  /^\/instances\/.*\/shardAssignments\/(modelId|runnerToShard|nodeToRunner)$/,
  /\/nodeToRunner\/[^/]+$/,
  /\/runnerToShard\/[^/]+(\/PipelineShardMetadata)?$/,
  /^\/instances\/.*\/PipelineShardMetadata\/(modelCard|modelMeta|deviceRank|worldSize|startLayer|endLayer|nLayers)$/,
  /^\/instances\/.*\/(modelCard|modelMeta)\/modelId$/,
  /^\/runners(\/[^/]+(\/RunnerReady)?)?$/,
  /^\/topology(\/nodes)?$/,
  /^\/lastSeen$/,
];

const huge = "9".repeat(100_000);
const deep: unknown = JSON.parse(`${"[".repeat(2_000)}${"]".repeat(2_000)}`);
const junk: readonly unknown[] = [
  ...[null, [], {}, "", "x", -1, 1.5, true, 99, "12", 2 ** 60],
  ...[{ RunnerBroken: {} }, { RunnerReady: 3 }, { MlxRingInstance: {} }, { A: {}, B: {} }, [{}], [[[]]]],
  ...[huge, deep, Array.from({ length: 2_000 }, () => ({ a: 1 }))],
];

const damages = ["drop", "replace", "rename", "extra"] as const;
type Damage = (typeof damages)[number];

function damage(raw: Tree, path: readonly string[], how: Damage, value: unknown): void {
  const key = path.at(-1) ?? "";
  const holder = path.slice(0, -1).reduce<unknown>((inside, step) => (inside as Tree)[step], raw) as Tree;
  if (how === "extra") {
    if (!Array.isArray(holder)) holder[`${key}Extra`] = value;
    return;
  }
  const before = holder[key];
  delete holder[key];
  if (how === "replace") holder[key] = value;
  if (how === "rename") holder[`x${key}`] = before;
}

let vitalHits = 0;

describe.each(documents)("the state of exo %s, damaged %i times", (folder, runs) => {
  const whole = JSON.stringify(healthy(folder));
  const at = timeOf(JSON.parse(whole));
  // What exo's description says is read apart, so it can't be damaged here. The older ones have none to be driven by.
  const variant = folder === "after-1.0.71" ? variantHead : folder === "1.0.68" ? variant71 : undefined;
  const sound = verdictsOf(JSON.parse(whole), at, variant);
  const everywhere = paths(JSON.parse(whole));
  const isVital = (path: readonly string[]): boolean => vital.some((pattern) => pattern.test(`/${path.join("/")}`));

  test("is healthy as it stands", () => {
    expect(sound.instances).toEqual(["ready"]);
    expect(sound.readyNodes > 0).toBe(variant !== undefined);
  });

  test("is read without an exception, and nothing broken is ever healthy", () => {
    const somewhere = fc.oneof(fc.constantFrom(...everywhere), fc.constantFrom(...everywhere.filter(isVital)));
    const arbitrary = [somewhere, fc.constantFrom(...damages), fc.constantFrom(...junk)] as const;
    fc.assert(
      fc.property(...arbitrary, (path, how, value) => {
        const raw = JSON.parse(whole) as Tree;
        damage(raw, path, how, value);
        const { instances, readyNodes } = verdictsOf(raw, at, variant);
        expect(readyNodes).toBeLessThanOrEqual(sound.readyNodes);
        expect(instances.filter((state) => state === "ready").length).toBeLessThanOrEqual(1);
        if (how === "extra" || !isVital(path)) return;
        vitalHits += 1;
        const where = `/${path.join("/")}`;
        // A runner's details are of no interest: an object of any content says that it is ready.
        const stillTrue = where.endsWith("RunnerReady") && how === "replace" && JSON.stringify(value).startsWith("{");
        if (!stillTrue) expect(instances, `${how} ${where}`).not.toContain("ready");
      }),
      { numRuns: runs, seed: 20_260_701 },
    );
  });
});

test("there were a thousand of them, and hundreds struck where it matters", () => {
  expect(documents.reduce((sum, [, runs]) => sum + runs, 0)).toBe(1_000);
  expect(vitalHits).toBeGreaterThan(300);
});
