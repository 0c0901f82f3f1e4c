import { setTimeout as sleep } from "node:timers/promises";
import type { SimulatedExo } from "./simulated-exos.js";
import { builtinModel, type PlannedShard, ringInstance } from "./simulated-instance.js";

/** An answer of the API: status, and the body as JSON where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any;
}

export async function call(exo: SimulatedExo, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${exo.baseUrl}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : {
          body: typeof body === "string" ? body : JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
  });
  const text = await response.text();
  const contentType = response.headers.get("content-type") ?? "";
  return {
    status: response.status,
    contentType,
    text,
    json: contentType.includes("json") ? JSON.parse(text) : undefined,
  };
}

/** Waits until `look` finds something; its result. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  withinMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(15);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: exo's state is a document of any shape
export const stateOf = async (exo: SimulatedExo): Promise<any> => (await call(exo, "GET", "/state")).json;

/** Waits until every node sees all of them, with memory, addresses and edges both ways. */
export async function formed(nodes: readonly SimulatedExo[]): Promise<void> {
  for (const exo of nodes)
    await until(`${exo.name} to see the whole cluster`, async () => {
      const { topology, nodeMemory } = await stateOf(exo);
      return nodes.every(
        (one) =>
          nodeMemory[one.nodeId] !== undefined &&
          nodes.every((other) => other === one || topology.connections[one.nodeId]?.[other.nodeId] !== undefined),
      );
    });
}

/** The statuses of an instance's runners, by rank; undefined while the instance is not there. */
export async function runnersOf(exo: SimulatedExo, instanceId: string): Promise<readonly string[] | undefined> {
  const state = await stateOf(exo);
  const instance = state.instances[instanceId]?.MlxRingInstance;
  if (instance === undefined) return undefined;
  return Object.keys(instance.shardAssignments.runnerToShard).map(
    (runner) => Object.keys(state.runners[runner] ?? { absent: 0 })[0] ?? "absent",
  );
}

/** Posts an instance over these shards and waits until all runners are ready. @returns its id */
export async function ready(
  exo: SimulatedExo,
  shards: readonly PlannedShard[],
  instanceId: string,
  options: { readonly card?: object } = {},
): Promise<string> {
  const posted = await call(exo, "POST", "/instance", ringInstance(shards, { instanceId, ...options }));
  if (posted.status !== 200) throw new Error(`POST /instance: ${posted.status} ${posted.text}`);
  await until("all runners to be ready", async () =>
    (await runnersOf(exo, instanceId))?.every((status) => status === "RunnerReady"),
  );
  return instanceId;
}

/** A chat request with one user message. */
export const chatBody = (prompt: string, rest: object = {}) => ({
  model: builtinModel,
  messages: [{ role: "user", content: prompt }],
  ...rest,
});

/** Answer text of a non-streamed chat. */
export async function ask(exo: SimulatedExo, prompt: string): Promise<string> {
  const answer = await call(exo, "POST", "/v1/chat/completions", chatBody(prompt));
  return answer.json.choices[0].message.content;
}
