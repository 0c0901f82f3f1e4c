import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultSimulation } from "../../src/simulate/simulated-cluster-spec.js";
import { type SimulatedExo, type SimulatedExoCluster, startSimulatedExos } from "../support/simulated-exos.js";
import { ask, call, chatBody, formed, ready, runnersOf, stateOf, until } from "../support/simulated-http.js";
import { builtinModel, ringInstance } from "../support/simulated-instance.js";

let folder: string;
let cluster: SimulatedExoCluster;

const node = (at: number): SimulatedExo => {
  const found = cluster.nodes[at];
  if (found === undefined) throw new Error(`no node ${at}`);
  return found;
};
const start = async (options: { readonly weights?: "none"; readonly internet?: "none" } = {}): Promise<void> => {
  const macs = defaultSimulation(3).macs.map(({ profile }) => profile);
  cluster = await startSimulatedExos({ macs, folder, ...options });
  await formed(cluster.nodes);
};
const shards = (first: SimulatedExo, second: SimulatedExo) => [
  { exo: first, startLayer: 0, endLayer: 20 },
  { exo: second, startLayer: 20, endLayer: 36 },
];

/** The master has the highest id at first, because all start with the same seniority; it is whoever survives in its session. */
async function masterOf(nodes: readonly SimulatedExo[]): Promise<SimulatedExo> {
  const events = await Promise.all(
    nodes.map(async (exo) => [exo, (await call(exo, "GET", "/events")).json.length] as const),
  );
  const [longest] = events.toSorted((left, right) => right[1] - left[1]);
  if (longest === undefined) throw new Error("no nodes");
  return longest[0];
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "simulated-exo-"));
});

afterEach(async () => {
  await cluster.close();
  await rm(folder, { recursive: true });
});

describe("node loss", () => {
  test("a lost node times out, its instance is deleted, and nothing else is forgotten", async () => {
    await start();
    const master = await masterOf(cluster.nodes);
    const [first, lost] = cluster.nodes.filter((exo) => exo !== master);
    if (first === undefined || lost === undefined) throw new Error("no workers");
    await ready(master, shards(first, lost), "will-go");
    const before = (await stateOf(master)).lastEventAppliedIdx;
    await lost.kill();
    await until("the instance to be deleted", async () => (await runnersOf(master, "will-go")) === undefined, 15_000);
    const state = await stateOf(master);
    expect(state.lastEventAppliedIdx).toBeGreaterThan(before);
    expect(state.topology.nodes).not.toContain(lost.nodeId);
    expect(state.nodeMemory[lost.nodeId]).toBeUndefined();
    expect(state.nodeIdentities[lost.nodeId]).toMatchObject({ friendlyName: lost.name });
  });

  test("a chat on an instance that lost a node gets an error in its stream", async () => {
    await start();
    const master = await masterOf(cluster.nodes);
    const [lost] = cluster.nodes.filter((exo) => exo !== master);
    if (lost === undefined) throw new Error("no worker");
    await ready(master, shards(master, lost), "torn");
    await lost.kill();
    const response = await fetch(`${master.baseUrl}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify(chatBody("hi", { stream: true })),
      headers: { "content-type": "application/json" },
    });
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(text).toContain('data: {"error":{"message":"[ring]');
    expect(text.trimEnd().endsWith("data: [DONE]")).toBe(true);
  });

  test("a restarted exo has a new id and sees what is there", async () => {
    await start();
    const master = await masterOf(cluster.nodes);
    const again = cluster.nodes.find((exo) => exo !== master);
    if (again === undefined) throw new Error("no worker");
    await again.kill();
    const reborn = await cluster.start(again.profile);
    expect(reborn.nodeId).not.toBe(again.nodeId);
    await formed(cluster.nodes.filter((exo) => exo !== again));
  });
});

describe("a new master", () => {
  test("wipes the state of everybody, and events begin again", async () => {
    await start();
    const master = await masterOf(cluster.nodes);
    const others = cluster.nodes.filter((exo) => exo !== master);
    const [one, two] = others;
    if (one === undefined || two === undefined) throw new Error("no workers");
    await ready(one, shards(one, two), "forgotten");
    await until("some events", async () => (await stateOf(one)).lastEventAppliedIdx > 150);
    await master.kill();
    await until("the state to be wiped", async () => {
      const { instances, lastEventAppliedIdx } = await stateOf(one);
      return Object.keys(instances).length === 0 && lastEventAppliedIdx < 150;
    });
    await formed(others);
    expect(Object.keys((await stateOf(two)).runners)).toEqual([]);
    await ready(two, shards(one, two), "again");
    expect(await ask(one, "What is 6 times 7?")).toBe("[simulated] 42");
  });
});

describe("runner failure", () => {
  test("a crashed runner is created again, the sixth time the instance is deleted", async () => {
    await start();
    const [one, two] = [node(0), node(1)];
    await ready(one, shards(one, two), "crashing");
    const runner: string = (await stateOf(one)).instances.crashing.MlxRingInstance.shardAssignments.nodeToRunner[
      one.nodeId
    ];
    for (let crash = 1; crash <= 5; crash += 1) {
      one.failRunner(runner, `boom ${crash}`);
      if (crash < 5)
        await until("all to be ready again", async () => {
          const state = await stateOf(one);
          const created = Object.values(state.tasks as Record<string, object>).filter(
            (task) => "CreateRunner" in task && JSON.stringify(task).includes(`"boundRunnerId":"${runner}"`),
          );
          const statuses = await runnersOf(one, "crashing");
          return created.length === crash + 1 && statuses?.every((status) => status === "RunnerReady");
        });
    }
    await until("the instance to be deleted", async () => (await runnersOf(one, "crashing")) === undefined);
  });

  test("a rank beyond the world ends the exo process of its node", async () => {
    await start();
    const [one, two] = [node(0), node(1)];
    const posted = ringInstance(shards(one, two), { instanceId: "impossible" });
    for (const shard of Object.values(posted.instance.MlxRingInstance.shardAssignments.runnerToShard))
      Object.assign(shard.PipelineShardMetadata, { worldSize: 1 });
    await call(one, "POST", "/instance", posted);
    await until("exo to crash", async () => two.crashed() !== undefined);
  });

  test("a model id that differs inside never loads", async () => {
    await start();
    const [one, two] = [node(0), node(1)];
    const posted = ringInstance(shards(one, two), {
      instanceId: "mismatch",
      modelId: "mlx-community/gpt-oss-20b-MXFP4-Q8",
    });
    for (const shard of Object.values(posted.instance.MlxRingInstance.shardAssignments.runnerToShard))
      Object.assign(shard.PipelineShardMetadata.modelCard, { modelId: builtinModel });
    await call(one, "POST", "/instance", posted);
    const both = async (status: string) => (await runnersOf(one, "mismatch"))?.every((runner) => runner === status);
    await until("both to be connected", () => both("RunnerConnected"));
    await call(one, "GET", "/state");
    expect(await both("RunnerConnected")).toBe(true);
  });
});

describe("cancelling", () => {
  const open = async (exo: SimulatedExo, gone: AbortSignal) => {
    const response = await fetch(`${exo.baseUrl}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify(chatBody("Count to 9000.", { stream: true })),
      headers: { "content-type": "application/json" },
      signal: gone,
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes('"id":')) text += (await reader?.read())?.value ?? "";
    return { id: /"id":"([^"]+)"/.exec(text)?.[1] ?? "", reader };
  };
  const statusOfTask = async (exo: SimulatedExo, id: string): Promise<string | undefined> => {
    const tasks = Object.values((await stateOf(exo)).tasks) as Record<
      string,
      { commandId?: string; taskStatus: string }
    >[];
    return tasks.flatMap((task) => Object.values(task)).find(({ commandId }) => commandId === id)?.taskStatus;
  };

  test("closing the connection cancels the task, and the record stays", async () => {
    await start();
    await ready(node(0), shards(node(0), node(1)), "cancelled");
    const gone = new AbortController();
    const { id } = await open(node(2), gone.signal);
    gone.abort();
    await until("the task to be cancelled", async () => (await statusOfTask(node(0), id)) === "Cancelled");
    await until("the runners to be idle again", async () =>
      (await runnersOf(node(0), "cancelled"))?.every((status) => status === "RunnerReady"),
    );
  });

  test("POST /v1/cancel works on the serving node alone and ends the stream in silence", async () => {
    await start();
    await ready(node(0), shards(node(0), node(1)), "cancelled");
    const { id, reader } = await open(node(2), new AbortController().signal);
    expect((await call(node(1), "POST", `/v1/cancel/${id}`)).status).toBe(404);
    expect((await call(node(2), "POST", `/v1/cancel/${id}`)).json).toEqual({
      message: "Command cancelled.",
      command_id: id,
    });
    let rest = "";
    for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read())
      rest += part.value;
    expect(rest).not.toContain("[DONE]");
  });
});

describe("downloads", () => {
  test("missing weights are fetched, with progress, before anything is loaded", async () => {
    await start({ weights: "none" });
    const [one, two] = [node(0), node(1)];
    await call(one, "POST", "/instance", ringInstance(shards(one, two), { instanceId: "fetching" }));
    await until("a finished download", async () =>
      ((await stateOf(one)).downloads[one.nodeId] as object[]).some((download) => "DownloadCompleted" in download),
    );
    await until("all to be ready", async () =>
      (await runnersOf(one, "fetching"))?.every((status) => status === "RunnerReady"),
    );
    await call(one, "DELETE", `/download/${two.nodeId}/${builtinModel}`);
    await until("the weights to be gone", async () =>
      ((await stateOf(one)).downloads[two.nodeId] as object[]).every((download) => !("DownloadCompleted" in download)),
    );
  });

  test("without internet a missing model fails for good", async () => {
    await start({ weights: "none", internet: "none" });
    const [one, two] = [node(0), node(1)];
    await until("a failed download", async () => {
      // An election may lose a command; the same id again is harmless.
      await call(one, "POST", "/instance", ringInstance(shards(one, two), { instanceId: "offline" }));
      const downloads = (await stateOf(one)).downloads[one.nodeId] as object[] | undefined;
      return downloads?.some((download) => "DownloadFailed" in download);
    });
  });
});
