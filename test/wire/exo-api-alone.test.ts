import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSimulationSpec } from "../../src/simulate/simulated-cluster-spec.js";
import { createCliSandbox, runCli } from "../support/run-cli.js";
import { type SimulatedExoCluster, startSimulatedExos } from "../support/simulated-exos.js";

const longMs = 120_000;

/** Large enough for two copies of the model, so that memory is never what stands in the way. */
const macs = ["one", "two", "three"].map((name) => ({ name, chip: "M4 Max", memoryGb: 128 }));

let folder: string;
let exos: SimulatedExoCluster;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-exo-alone-"));
  exos = await startSimulatedExos({
    macs: readSimulationSpec(JSON.stringify({ macs }), "test").macs.map((mac) => mac.profile),
    folder,
    timeScale: 0.02,
  });
});

afterAll(async () => {
  await exos.close();
  await rm(folder, { recursive: true, maxRetries: 5, retryDelay: 100 });
});

const hosts = (): string => exos.nodes.map(({ address }) => `${address.host}:${address.port}`).join(",");
const upOnce = (): readonly string[] => [
  ...["up", "--exo", hosts(), "--once", "-o", "json", "--listen", "127.0.0.1:0"],
];

const instances = async (): Promise<readonly string[]> => {
  const answer = await fetch(`${exos.nodes[0]?.baseUrl}/state/instances`);
  return Object.keys((await answer.json()) as object);
};

test(
  "places, proves and answers over exo's API alone, and leaves exo serving when it ends",
  async () => {
    const sandbox = createCliSandbox();
    try {
      const first = await runCli(sandbox, upOnce());
      expect(first.code).toBe(0);
      const { model, answer } = JSON.parse(first.stdout);
      expect(answer.text).toMatch(/^\[simulated\] /);
      expect(model.stages.map((stage: { endLayer: number }) => stage.endLayer).at(-1)).toBe(36);
      expect(await instances()).toEqual([model.instance]);

      const second = await runCli(sandbox, upOnce());
      expect(second.code).toBe(0);
      expect(second.stderr).toContain("nothing to change");
      expect(JSON.parse(second.stdout).model.instance).toBe(model.instance);
      expect(await instances()).toEqual([model.instance]);
    } finally {
      sandbox.remove();
    }
  },
  longMs,
);

test(
  "another cluster's instance is foreign: it is named, and never touched",
  async () => {
    const sandbox = createCliSandbox();
    try {
      const before = await instances();
      const { code, stderr } = await runCli(sandbox, upOnce());
      expect(code).toBe(1);
      expect(stderr).toContain(before[0]);
      expect(stderr).toContain("exo would mix both");
      expect(before).toHaveLength(1);
      expect(await instances()).toEqual(before);
    } finally {
      sandbox.remove();
    }
  },
  longMs,
);
