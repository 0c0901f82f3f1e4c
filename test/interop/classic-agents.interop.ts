import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClassicView, viewOf } from "./classic-facts.js";
import { type RunningCommand, startCommand } from "./command.js";
import { inCostume } from "./costume.js";
import { eventually } from "./eventually.js";
import { stagesLine, statusNow } from "./exoctl-facts.js";
import { capital, gateway, minuteMs, servedModel, serving } from "./real-cluster.js";
import { createJoin, exoctlJson, startController, writeClassicClusterFile } from "./real-controller.js";
import { childrenOf, type Join } from "./real-node.js";
import { printReport, report } from "./report.js";
import { exoCheckout, exoCommand, exoctlMain, nameOf, namespaceOf, nodeNumbers, workFolder } from "./settings.js";

/** Of all nodes alike. */
const memoryGib = 64;
const agents = new Map<number, RunningCommand>();
let controller: RunningCommand | undefined;

printReport("exoctl's agents run real exo 0.0.x");

function startAgent(number: number, { address, pin, token }: Join): void {
  const name = nameOf(number);
  const folder = join(workFolder, name);
  const checkout = join(folder, "checkout");
  mkdirSync(join(folder, "home"), { recursive: true });
  cpSync(join(exoCheckout, "exo"), join(checkout, "exo"), { recursive: true });
  const costume = { namespace: namespaceOf(number), name, memoryGib, meminfoFile: join(folder, "meminfo") };
  const joining = ["--controller", address, "--pin", pin, "--token-file", "-"];
  const classic = ["--classic", checkout, "--classic-engine", "dummy"];
  const settings = [`PYTHONPATH=${checkout}`, "PYTHONUNBUFFERED=1", "HF_HUB_OFFLINE=1"];
  const agent = startCommand({
    command: inCostume(costume, [
      ...[process.execPath, exoctlMain, "agent", "--name", name, ...joining, ...classic],
      ...["--", "env", ...settings, ...exoCommand],
    ]),
    env: {
      PATH: process.env.PATH ?? "",
      HOME: join(folder, "home"),
      EXOCTL_HOME: join(folder, "exoctl"),
      EXO_HOME: join(folder, "exo"),
    },
    logFile: join(folder, "agent.log"),
    input: `${token}\n`,
  });
  agents.set(number, agent);
}

/** Waits until every node sees all of them and every direction between them. */
const ringIsWhole = (): Promise<readonly ClassicView[]> =>
  eventually(async () => {
    const views = await Promise.all(nodeNumbers.map(viewOf));
    for (const { memoryMb, edges } of views) {
      expect(Object.values(memoryMb)).toEqual(nodeNumbers.map(() => memoryGib * 1024));
      expect(edges).toHaveLength(nodeNumbers.length * (nodeNumbers.length - 1));
    }
    return views;
  }, minuteMs);

const layersNow = async (): Promise<readonly number[]> =>
  (await eventually(serving, 4 * minuteMs)).stages.map(({ startLayer, endLayer }) => endLayer - startLayer);

const streamed = async (): Promise<string> => {
  let text = "";
  const request = { model: servedModel, messages: capital, stream: true } as const;
  for await (const chunk of await (await gateway()).chat.completions.create(request))
    text += chunk.choices[0]?.delta.content ?? "";
  return text;
};

beforeAll(async () => {
  controller = startController(writeClassicClusterFile());
  await eventually(statusNow, 20_000);
  for (const number of nodeNumbers) startAgent(number, await createJoin(nameOf(number)));
});

afterAll(async () => {
  const exos = [...agents.values()].flatMap(({ pid }) => childrenOf(pid));
  controller?.signal("SIGINT");
  await controller?.ended;
  for (const agent of agents.values()) {
    agent.signal("SIGTERM");
    await agent.ended;
  }
  for (const pid of exos) process.kill(pid, "SIGKILL");
});

test("the agents enrol, write the entry, start their exos, and the ring serves", async () => {
  const since = Date.now();
  const model = await eventually(serving, 5 * minuteMs);
  await ringIsWhole();
  expect(await layersNow()).toEqual([11, 12, 13]);
  report.say("up", `${stagesLine(model.stages)} after ${((Date.now() - since) / 1000).toFixed(0)} s`);
});

test("applied again, nothing changes", async () => {
  expect(await exoctlJson("apply")).toMatchObject({ changed: false, steps: [] });
});

test("the openai client chats through the gateway, which adds what exo's streams lack", async () => {
  expect(await streamed()).toBe("dummy".repeat(10));
  const whole = await (await gateway()).chat.completions.create({ model: servedModel, messages: capital });
  expect(whole.choices[0]).toMatchObject({ message: { content: "dummy".repeat(10) }, finish_reason: "stop" });
  report.say("chat", JSON.stringify(whole.choices[0]?.message.content));
});

test("exo killed on one node: its agent starts it again and the ring serves as before", async () => {
  const victim = nodeNumbers.at(-1) ?? 0;
  const since = Date.now();
  for (const pid of childrenOf(agents.get(victim)?.pid ?? -1)) process.kill(pid, "SIGKILL");
  await eventually(async () => {
    const [model] = (await statusNow()).models;
    expect(model?.state).not.toBe("ready");
  }, minuteMs);
  const layers = await layersNow();
  await ringIsWhole();
  expect(layers).toEqual([11, 12, 13]);
  expect(await streamed()).toBe("dummy".repeat(10));
  report.say(
    "heal",
    `exo on ${nameOf(victim)} was killed; all well after ${((Date.now() - since) / 1000).toFixed(0)} s`,
  );
});
