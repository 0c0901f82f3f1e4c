import { describe, expect, test } from "vitest";
import { defaultTimings } from "../../src/apply/apply-settings.js";
import { type StartVerdict, type StartWatch, watchStart } from "../../src/apply/watch-start.js";
import { exoNodeId, nodeName } from "../../src/cluster/names.js";
import type { Deployment } from "../../src/inventory/deployment.js";
import type { RunnerState } from "../../src/inventory/exo-state.js";

const instanceId = "exoctl-abc-gpt-oss-120b-g1-0123ab";

/** An instance over three nodes whose least advanced runner is still being prepared. */
const starting = (...runners: readonly RunnerState[]): Deployment => ({
  at: 0,
  instances: [
    {
      id: instanceId,
      modelId: "exoctl/gpt-oss-120b-MXFP4-Q8",
      owner: "ours",
      sharding: "pipeline",
      transport: "ring",
      ports: [50_000],
      health: { state: "starting", phase: "preparing" },
      stages: runners.map((runner, rank) => ({
        nodeId: exoNodeId(`exo-${rank + 1}`),
        node: nodeName(`studio-${rank + 1}`),
        rank,
        layers: { start: rank * 12, end: (rank + 1) * 12 },
        runner,
      })),
    },
  ],
  downloads: [],
  problems: [],
});

/** What is seen when the report of a node is late: the runners are where they were, and whether they live is unknown. */
const inDoubt = (deployment: Deployment): Deployment => ({
  ...deployment,
  instances: deployment.instances.map((instance) => ({
    ...instance,
    health: { state: "unknown", reason: "the node of rank 1 is not a live member" },
  })),
});

/** Looks once a second at something that does not change, save what `each` makes of it. */
function watchFor(
  seconds: number,
  deployment: Deployment,
  each: (second: number) => Deployment = () => deployment,
): StartVerdict {
  let watch: StartWatch | undefined;
  let verdict: StartVerdict = { kind: "ready" };
  for (let second = 0; second <= seconds; second += 1) {
    verdict = watchStart(watch, instanceId, each(second), defaultTimings, second * 1_000);
    if (verdict.kind === "wait") watch = verdict.watch;
  }
  return verdict;
}

describe("what real exo 1.0.68 has been seen to do", () => {
  test("a runner that waits for its neighbour without having said so does not stretch the ring's deadline", () => {
    const deployment = starting("idle", "connecting", "idle");
    expect(watchFor(59, deployment).kind).toBe("wait");
    expect(watchFor(61, deployment)).toMatchObject({
      kind: "failed",
      problem: {
        code: "ring_not_connected",
        message: expect.stringContaining("studio-1 is idle, studio-2 is connecting"),
      },
    });
  });

  test("nodes whose reports come late now and then give a ring no more time", () => {
    const deployment = starting("idle", "connecting", "idle");
    const flickering = (second: number): Deployment => (second % 10 === 9 ? inDoubt(deployment) : deployment);
    expect(watchFor(58, deployment, flickering).kind).toBe("wait");
    expect(watchFor(61, deployment, flickering)).toMatchObject({ problem: { code: "ring_not_connected" } });
  });

  test("an exo whose worker is stuck is named, with what helps", () => {
    const deployment = starting("absent", "idle", "idle");
    expect(watchFor(119, deployment).kind).toBe("wait");
    expect(watchFor(121, deployment)).toMatchObject({
      kind: "failed",
      problem: {
        code: "runner_not_started",
        message: expect.stringContaining("exo on studio-1 has started no runner"),
        hint: expect.stringContaining("restart it"),
      },
    });
  });
});

test("an instance of which nothing is known for long is given up, with the reason", () => {
  const deployment = inDoubt(starting("ready", "ready", "warming-up"));
  expect(watchFor(119, deployment).kind).toBe("wait");
  expect(watchFor(121, deployment)).toMatchObject({
    problem: { code: "load_stuck", message: expect.stringContaining("not a live member") },
  });
});

test("runners that none of the exos has started are no single exo's fault", () => {
  expect(watchFor(121, starting("absent", "absent", "absent"))).toMatchObject({ problem: { code: "load_stuck" } });
});
