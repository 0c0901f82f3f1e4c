import { expect, test } from "vitest";
import { splitAsExo } from "../../src/plan/exo-modern.js";
import { aPlanNode, aPlanProblem } from "../support/plan-problems.js";
import { bringUpSteps } from "./bring-up-steps.js";
import { contractSteps } from "./contract-steps.js";
import { writeCountingModel } from "./counting-model.js";
import { eventually } from "./eventually.js";
import { freeMemoryIn, generationsIn, instancesIn, layersByNode } from "./exo-facts.js";
import { healSteps } from "./heal-steps.js";
import { capital, gateway, minuteMs, servedModel, startCluster, stateOf } from "./real-cluster.js";
import { exoctlJson } from "./real-controller.js";
import { askExo } from "./real-node.js";
import { printReport, report } from "./report.js";
import { addressOf, nodeNumbers } from "./settings.js";

const builtInModel = "mlx-community/gpt-oss-120b-MXFP4-Q8";

printReport("exoctl against real exo 1.x, a model that counts");
const nodes = startCluster(writeCountingModel);
bringUpSteps();

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

const contract = contractSteps(nodes);
healSteps(nodes);
contract.verdict();
