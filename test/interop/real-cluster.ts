import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll } from "vitest";
import { eventually } from "./eventually.js";
import { type Status, statusNow } from "./exoctl-facts.js";
import { createJoin, startController, writeClusterFile } from "./real-controller.js";
import { askExo, type RealNode, startNode } from "./real-node.js";
import { addressOf, nameOf, nodeNumbers, workFolder } from "./settings.js";

export const ourModel = "exoctl/gpt-oss-120b-MXFP4-Q8";
/** Where the model is written, before it becomes every node's. */
export const weightsFolder = join(workFolder, "weights");
export const servedModel = "gpt-oss-120b";
export const capital = [{ role: "user" as const, content: "What is the capital of France?" }];
export const minuteMs = 60_000;
/** On a busy machine exo's starts hang now and then. exoctl sees that after 30 s and tries again, up to a minute later. */
export const comeUpMs = 15 * minuteMs;

export const stateOf = (node: number): Promise<unknown> => askExo({ address: addressOf(node) }, "/state");

export const gateway = async (): Promise<OpenAI> =>
  new OpenAI({ baseURL: `${(await statusNow()).gateway}/v1`, apiKey: "none", maxRetries: 0 });

/** The one model of the cluster. @throws while it is not ready */
export const serving = async (): Promise<Status["models"][number] & { readonly instance: string }> => {
  const now = await statusNow();
  const [model] = now.models;
  if (model?.state !== "ready") throw new Error(`the model is ${model?.state}: ${model?.reason ?? ""}`);
  if (model.instance === null) throw new Error("the model has no instance");
  return { ...model, instance: model.instance };
};

/** An agent leaves exo running, as it should: the next file's nodes have the same addresses. */
async function endNode({ agent, exoPids }: RealNode): Promise<void> {
  const exos = exoPids();
  agent.signal("SIGTERM");
  await agent.ended;
  for (const pid of exos) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // ended meanwhile
    }
  }
}

/**
 * A controller and one agent with its exo for each node, started before the steps of a test file and ended after them.
 *
 * @param writeModel fills the folder that becomes every node's model
 * @returns the nodes, once they are started
 */
export function startCluster(writeModel: (folder: string) => void): readonly RealNode[] {
  const nodes: RealNode[] = [];
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    writeModel(weightsFolder);
    const controller = startController(writeClusterFile(nodeNumbers.length));
    stops.push(async () => {
      controller.signal("SIGINT");
      await controller.ended;
    });
    await eventually(statusNow, 20_000);
    // One after the other: on a busy machine, exos that all start at once may each elect itself and stay apart.
    for (const number of nodeNumbers) {
      const node = startNode(number, weightsFolder, await createJoin(nameOf(number)));
      nodes.push(node);
      stops.push(() => endNode(node));
      await eventually(() => askExo(node, "/node_id"), 2 * minuteMs);
    }
  });
  afterAll(async () => {
    await Promise.all(stops.map((stop) => stop()));
  });
  return nodes;
}
