import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { version } from "../../src/cli/version.js";
import { readExoVariant } from "../../src/cluster/exo-variant.js";
import { splitAsExo } from "../../src/plan/exo-modern.js";
import { aPlanNode, aPlanProblem } from "../support/plan-problems.js";
import { eventually } from "./eventually.js";
import { freeMemoryIn, generationsIn, instancesIn, layersByNode, membersIn, modelsIn } from "./exo-facts.js";
import { discoveredNow, planNow, stagesLine, statusNow } from "./exoctl-facts.js";
import { createJoin, exoctl, exoctlJson, startController, writeClusterFile } from "./real-controller.js";
import { askExo, type RealNode, startNode } from "./real-node.js";
import { printReport, report } from "./report.js";
import { addressOf, nameOf, nodeNumbers, workFolder } from "./settings.js";
import { tinyLayers, writeTinyModel } from "./tiny-model.js";

const ourModel = "exoctl/gpt-oss-120b-MXFP4-Q8";
const builtInModel = "mlx-community/gpt-oss-120b-MXFP4-Q8";
const servedModel = "gpt-oss-120b";
const minuteMs = 60_000;
/** On a busy machine exo's starts hang now and then. exoctl sees it after 60 s, or 120 s, tries again, and starts exo again. */
const comeUpMs = 10 * minuteMs;
const weights = join(workFolder, "weights");
const nodes: RealNode[] = [];

printReport("exoctl against real exo 1.x");
const stopController: (() => Promise<void>)[] = [];

const stateOf = (node: number): Promise<unknown> => askExo({ address: addressOf(node) }, "/state");
const gateway = async (): Promise<OpenAI> =>
  new OpenAI({ baseURL: `${(await statusNow()).gateway}/v1`, apiKey: "none", maxRetries: 0 });
const capital = [{ role: "user" as const, content: "What is the capital of France?" }];

const serving = async () => {
  const now = await statusNow();
  const [model] = now.models;
  if (model?.state !== "ready") throw new Error(`the model is ${model?.state}: ${model?.reason ?? ""}`);
  return model;
};

beforeAll(async () => {
  writeTinyModel(weights);
  const controller = startController(writeClusterFile(nodeNumbers.length));
  stopController.push(async () => {
    controller.signal("SIGINT");
    await controller.ended;
  });
  await eventually(statusNow, 20_000);
  // One after the other: on a busy machine, exos that all start at once may each elect itself and stay apart.
  for (const number of nodeNumbers) {
    nodes.push(startNode(number, weights, await createJoin(nameOf(number))));
    await eventually(() => askExo({ address: addressOf(number) }, "/node_id"), 2 * minuteMs);
  }
});

afterAll(async () => {
  for (const stop of stopController) await stop();
});

test("every agent is found over mDNS and enrols", async () => {
  const found = await eventually(async () => {
    const hosts = (await discoveredNow()).filter((host) => host.kind === "agent");
    expect(hosts.map((host) => host.name).toSorted()).toEqual(nodeNumbers.map(nameOf));
    return hosts;
  }, minuteMs);
  report.say("discover", found.map((host) => `${host.name} ${host.address}`).join(", "));
});

test("the exos find one another and the model comes up, proven by its answer", async () => {
  const since = Date.now();
  const model = await eventually(serving, comeUpMs);
  report.say("up", `${stagesLine(model.stages)} after ${((Date.now() - since) / 1000).toFixed(0)} s`);
});

test("every exo lists the entry that its agent has written", async () => {
  for (const number of nodeNumbers) {
    const models = modelsIn(await askExo({ address: addressOf(number) }, "/models"));
    expect(models, nameOf(number)).toContain(ourModel);
  }
  const variant = readExoVariant(await askExo({ address: addressOf(1) }, "/openapi.json"));
  report.say("versions", `exoctl ${version}, exo with the model cards of ${variant?.label ?? "an unknown release"}`);
  report.say("register", `${ourModel} is listed by ${nodeNumbers.length} exos`);
});

test("exo's own state has the layers where they were planned", async () => {
  const { stages, instance } = await serving();
  const planned = (await planNow()).replicas[0]?.stages ?? [];
  expect(stages.map(({ node, startLayer, endLayer }) => [node, startLayer, endLayer])).toEqual(
    planned.map(({ node, startLayer, endLayer }) => [node, startLayer, endLayer]),
  );
  expect(stages.at(0)?.startLayer).toBe(0);
  expect(stages.at(-1)?.endLayer).toBe(tinyLayers);
  const names = new Map<string, string>();
  for (const number of nodeNumbers)
    names.set(String(await askExo({ address: addressOf(number) }, "/node_id")), nameOf(number));
  await eventually(async () => {
    for (const number of nodeNumbers) {
      const running = instancesIn(await stateOf(number)).find(({ id }) => id === instance);
      expect(running?.modelId).toBe(ourModel);
      expect(
        running?.stages.map(({ exoNode, startLayer, endLayer }) => [names.get(exoNode), startLayer, endLayer]),
      ).toEqual(stages.map(({ node, startLayer, endLayer }) => [node, startLayer, endLayer]));
      expect(running?.stages.map(({ runner }) => runner)).toEqual(stages.map(() => "RunnerReady"));
    }
  }, minuteMs);
  report.say("apply", `${instance}: ${stagesLine(stages)}, all RunnerReady in the state of every exo`);
});

test.each([1, nodeNumbers.length])(
  "exo's own placement over at least %i nodes is what exoctl says it would be",
  async (minNodes) => {
    const query = `model_id=${builtInModel}&sharding=Pipeline&instance_meta=MlxRing&min_nodes=${minNodes}`;
    const exo = layersByNode(await askExo({ address: addressOf(1) }, `/instance/placement?${query}`));
    const free = [...freeMemoryIn(await stateOf(1))];
    const said = splitAsExo(
      aPlanProblem(
        free.map(([node, availableBytes]) => aPlanNode(node, { availableBytes })),
        { minNodes },
      ),
    );
    const placed = "placed" in said ? said.placed : [];
    expect(Object.fromEntries(exo)).toEqual(
      Object.fromEntries(placed.map(({ node, layers }) => [node, layers.end - layers.start])),
    );
    report.say(
      "compare",
      `exo by itself, from ${minNodes} nodes on: ${[...exo.values()].join(" + ")} layers, as foretold`,
    );
  },
);

test("applied again, nothing changes", async () => {
  expect(await exoctlJson("apply")).toMatchObject({ changed: false, steps: [] });
});

test("the openai client chats through the gateway, streamed and not", async () => {
  const client = await gateway();
  const whole = await client.chat.completions.create({
    model: servedModel,
    messages: capital,
  });
  expect(whole.choices[0]?.message.content).toBe("Paris");
  expect(whole.choices[0]?.finish_reason).toBe("stop");
  let streamed = "";
  for await (const chunk of await client.chat.completions.create({
    model: servedModel,
    messages: capital,
    stream: true,
  }))
    streamed += chunk.choices[0]?.delta.content ?? "";
  expect(streamed).toBe("Paris");
  report.say("chat", `${JSON.stringify(streamed)}, usage ${JSON.stringify(whole.usage)}`);
});

test("a client that goes away stops the generation on every node", async () => {
  const client = await gateway();
  const story = [{ role: "user" as const, content: "Count." }];
  const stream = await client.chat.completions.create({
    model: servedModel,
    messages: story,
    stream: true,
    max_tokens: 20_000,
  });
  let pieces = 0;
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content) pieces += 1;
    if (pieces === 20) break;
  }
  const since = Date.now();
  await eventually(async () => {
    for (const number of nodeNumbers) {
      const state = await stateOf(number);
      const [running] = instancesIn(state);
      expect(running?.stages.map(({ runner }) => runner)).toEqual(running?.stages.map(() => "RunnerReady"));
      expect(generationsIn(state).Running ?? 0).toBe(0);
    }
  }, minuteMs);
  report.say("cancel", `idle ${((Date.now() - since) / 1000).toFixed(1)} s after the client had gone`);
  const after = await client.chat.completions.create({
    model: servedModel,
    messages: capital,
  });
  expect(after.choices[0]?.message.content).toBe("Paris");
});

test(
  "exo killed on one node: the agent starts it again and the model comes back",
  async () => {
    const victim = nodes.at(-1);
    const before = await serving();
    for (const pid of victim?.exoPids() ?? []) process.kill(pid, "SIGKILL");
    const since = Date.now();
    const model = await eventually(async () => {
      const now = await serving();
      if (now.instance === before.instance) throw new Error("the old instance is still there");
      return now;
    }, comeUpMs);
    const members = membersIn(await stateOf(1));
    expect(members).toHaveLength(nodeNumbers.length);
    const answer = await (await gateway()).chat.completions.create({
      model: servedModel,
      messages: capital,
    });
    expect(answer.choices[0]?.message.content).toBe("Paris");
    const sec = ((Date.now() - since) / 1000).toFixed(0);
    report.say("heal", `exo on ${victim?.name} was killed; ${stagesLine(model.stages)} again after ${sec} s`);
  },
  comeUpMs + 2 * minuteMs,
);

test.runIf(nodeNumbers.length > 2)(
  "a whole node lost: the others take its layers",
  async () => {
    const { code, stderr } = await exoctl("apply", "-f", writeClusterFile(2));
    expect(code, stderr).toBe(0);
    const before = await serving();
    const lost = nodes.find(({ name }) => before.stages.some((stage) => stage.node === name && stage.rank > 0));
    const pids = [...(lost?.exoPids() ?? []), ...(lost === undefined ? [] : [lost.agent.pid])];
    for (const pid of pids) process.kill(pid, "SIGKILL");
    const since = Date.now();
    const model = await eventually(async () => {
      const now = await serving();
      if (now.stages.some((stage) => stage.node === lost?.name)) throw new Error("the lost node still has layers");
      return now;
    }, comeUpMs);
    const answer = await (await gateway()).chat.completions.create({
      model: servedModel,
      messages: capital,
    });
    expect(answer.choices[0]?.message.content).toBe("Paris");
    const sec = ((Date.now() - since) / 1000).toFixed(0);
    report.say("lost node", `${lost?.name} was killed; ${stagesLine(model.stages)} after ${sec} s`);
  },
  comeUpMs + 3 * minuteMs,
);
