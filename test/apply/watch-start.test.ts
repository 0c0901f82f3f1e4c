import { describe, expect, test } from "vitest";
import { defaultTimings } from "../../src/apply/apply-settings.js";
import { type StartVerdict, type StartWatch, watchStart } from "../../src/apply/watch-start.js";
import { exoNodeId, nodeName } from "../../src/cluster/names.js";
import type { Deployment } from "../../src/inventory/deployment.js";
import type { RunnerState } from "../../src/inventory/exo-state.js";

const instanceId = "exoctl-abc-gpt-oss-120b-g1-0123ab";

const modelId = "exoctl/gpt-oss-120b-MXFP4-Q8";
const studio = (rank: number) => nodeName(`studio-${rank + 1}`);

/** An instance over three nodes whose least advanced runner is still being prepared. No exo says what it has begun or has. */
const starting = (...runners: readonly RunnerState[]): Deployment => ({
  at: 0,
  instances: [
    {
      id: instanceId,
      modelId,
      owner: "ours",
      sharding: "pipeline",
      transport: "ring",
      ports: [50_000],
      health: { state: "starting", phase: "preparing" },
      stages: runners.map((runner, rank) => ({
        nodeId: exoNodeId(`exo-${rank + 1}`),
        node: studio(rank),
        rank,
        layers: { start: rank * 12, end: (rank + 1) * 12 },
        runner,
      })),
    },
  ],
  downloads: [],
  problems: [],
});

/** The same where the exos of these ranks have the whole model. */
const withModel = (deployment: Deployment, ...ranks: readonly number[]): Deployment => ({
  ...deployment,
  downloads: ranks.map((rank) => ({ node: studio(rank), modelId, state: "completed" })),
});

/** The same where the exos of these ranks have noted that they begin with a runner. */
const begunBy = (deployment: Deployment, ...ranks: readonly number[]): Deployment => ({
  ...deployment,
  instances: deployment.instances.map((instance) => ({
    ...instance,
    stages: instance.stages.map((stage) => (ranks.includes(stage.rank) ? { ...stage, creations: 1 } : stage)),
  })),
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

  test("an exo that does not connect though nothing stands in its way is named after 30 s", () => {
    const deployment = withModel(starting("idle", "connecting", "idle"), 0, 1, 2);
    expect(watchFor(30, deployment).kind).toBe("wait");
    const verdict = watchFor(31, deployment);
    expect(verdict).toMatchObject({
      kind: "failed",
      problem: {
        code: "exo_stuck",
        nodes: ["studio-1"],
        message: expect.stringContaining("exo on studio-1 has not begun to connect"),
        hint: expect.stringContaining("restart it"),
      },
    });
  });

  test.each<[string, readonly RunnerState[], readonly string[]]>([
    ["all but the last connect at once", ["idle", "idle", "idle"], ["studio-1", "studio-2"]],
    ["the last connects after the others", ["connecting", "connecting", "idle"], ["studio-3"]],
  ])("%s", (_, runners, nodes) => {
    expect(watchFor(31, withModel(starting(...runners), 0, 1, 2))).toMatchObject({
      problem: { code: "exo_stuck", nodes },
    });
  });

  test("an exo that has begun with no runner is named after 30 s, where another one has", () => {
    const deployment = begunBy(starting("absent", "absent", "idle"), 1, 2);
    expect(watchFor(30, deployment).kind).toBe("wait");
    expect(watchFor(31, deployment)).toMatchObject({
      problem: {
        code: "exo_stuck",
        nodes: ["studio-1"],
        message: expect.stringContaining("exo on studio-1 has started no runner"),
      },
    });
  });

  test("an exo that has begun with its runner gets more time: the runner has to load Python and MLX", () => {
    const deployment = begunBy(starting("absent", "idle", "idle"), 0, 1, 2);
    expect(watchFor(119, deployment).kind).toBe("wait");
    expect(watchFor(121, deployment)).toMatchObject({ problem: { code: "exo_stuck", nodes: ["studio-1"] } });
  });

  test("an exo that does not know yet where its model is has something to do, and is not blamed", () => {
    const deployment = withModel(starting("idle", "connecting", "idle"), 1, 2);
    expect(watchFor(59, deployment).kind).toBe("wait");
    expect(watchFor(61, deployment)).toMatchObject({ problem: { code: "ring_not_connected" } });
  });
});

test("an exo that has left the cluster is not stuck", () => {
  const deployment = inDoubt(withModel(starting("idle", "connecting", "idle"), 0, 1, 2));
  expect(watchFor(119, deployment).kind).toBe("wait");
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
