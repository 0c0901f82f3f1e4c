import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { version } from "../../src/cli/version.js";
import { classicPartitions, classicShards } from "../../src/plan/exo-classic.js";
import { classicChat, classicModelsOf, rangesInLog, statusOf, viewOf } from "./classic-facts.js";
import { type ClassicNode, classicLogFile, startClassicNode, writeDiscoveryFile } from "./classic-node.js";
import { eventually } from "./eventually.js";
import { exoctl } from "./real-controller.js";
import { printReport, report } from "./report.js";
import { exoCheckout, nameOf, nodeNumbers, workFolder } from "./settings.js";

const model = "layers-36";
const layers = 36;
/** The one repository for which exo's engine for tests asks no hub for a tokenizer. */
const dummyRepo = "dummy";
const minuteMs = 60_000;
const equal = new Map(nodeNumbers.map((number) => [number, 64]));
const unequal = new Map(nodeNumbers.map((number) => [number, [64, 128, 192][number - 1] ?? 64]));
const checkout = join(workFolder, "checkout");
const modelsPy = join(checkout, "exo", "models.py");
const nodes = new Map<number, ClassicNode>();

printReport("exoctl against real exo 0.0.x");

/** Layers that exoctl says each node takes, as [name, start, end]. */
const foretold = (memoriesGib: ReadonlyMap<number, number>) => {
  const known = [...memoriesGib].map(([number, gib]) => ({ id: nameOf(number), memory: gib * 1024 }));
  return classicShards(classicPartitions(known), layers).map(({ node, layers: { start, end } }) => [node, start, end]);
};

const start = (memoriesGib: ReadonlyMap<number, number>, number: number): void => {
  const memoryGib = memoriesGib.get(number) ?? 0;
  const discoveryFile = writeDiscoveryFile(memoriesGib);
  nodes.set(number, startClassicNode(number, { checkout, discoveryFile, defaultModel: model, memoryGib }));
};

const stop = async (number: number, how: NodeJS.Signals): Promise<void> => {
  const node = nodes.get(number);
  nodes.delete(number);
  node?.process.signal(how);
  await node?.process.ended;
};

/** Waits until each of these nodes sees all of them, with the memory it has, and every edge of the full mesh. */
const agreed = (memoriesGib: ReadonlyMap<number, number>): Promise<void> => {
  const numbers = [...memoriesGib.keys()];
  const names = numbers.map(nameOf);
  const edges = names.flatMap((from) => names.filter((to) => to !== from).map((to) => `${from} > ${to}`));
  const memoryMb = Object.fromEntries([...memoriesGib].map(([number, gib]) => [nameOf(number), gib * 1024]));
  return eventually(async () => {
    for (const number of numbers) expect(await viewOf(number)).toEqual({ memoryMb, edges: edges.toSorted() });
  }, minuteMs);
};

/** Chats through every node, then reads from exo's own words which layers each gave itself. */
const ranAs = async (memoriesGib: ReadonlyMap<number, number>): Promise<string> => {
  const wanted = foretold(memoriesGib);
  for (const number of memoriesGib.keys()) {
    const answer = await classicChat(number, model);
    expect(answer).toMatchObject({
      model,
      choices: [{ finish_reason: "stop", message: { content: "dummy".repeat(10) } }],
    });
  }
  for (const number of memoriesGib.keys()) {
    const [first = -1, last = -1] = rangesInLog(classicLogFile(number), model).at(-1) ?? [];
    expect(wanted).toContainEqual([nameOf(number), first, last + 1]);
  }
  return wanted.map(([name, from, to]) => `${name} ${from}-${to}`).join(", ");
};

beforeAll(() => {
  cpSync(join(exoCheckout, "exo"), join(checkout, "exo"), { recursive: true });
});

afterAll(async () => {
  for (const number of [...nodes.keys()]) await stop(number, "SIGTERM");
});

test("the recipe for gpt-oss-120b is refused with its faults, and nothing is written", async () => {
  const before = readFileSync(modelsPy);
  const { code, stdout } = await exoctl("model", "add", "gpt-oss-120b", "--classic", checkout);
  expect(code, stdout).toBe(1);
  for (const fault of ["model_class_missing", "mlx_too_old"]) expect(stdout).toContain(fault);
  expect(readFileSync(modelsPy).equals(before)).toBe(true);
  report.say("versions", `exoctl ${version}, exo 0.0.x`);
});

test("exoctl writes an entry of 36 layers into the real registry", async () => {
  const entry = ["--layers", String(layers), "--repo", dummyRepo, "--engine", "dummy", "--label", "36 layers"];
  const { code, stderr } = await exoctl("model", "add", model, "--classic", checkout, ...entry);
  expect(code, stderr).toBe(0);
});

test("three nodes start and are recognised as exo 0.0.x by what they answer", async () => {
  for (const number of nodeNumbers) start(equal, number);
  for (const number of nodeNumbers) {
    await eventually(async () => expect(await statusOf(number, "/healthcheck")).toBe(200), minuteMs);
    expect(await statusOf(number, "/v1/topology")).toBe(200);
    expect(await statusOf(number, "/state")).toBe(404);
  }
});

test("every node lists the entry", async () => {
  for (const number of nodeNumbers) expect(await classicModelsOf(number), nameOf(number)).toContain(model);
  report.say("register", `${model} is listed by ${nodeNumbers.length} exos`);
});

test("all nodes agree on the ring", async () => {
  await agreed(equal);
});

test("equal nodes give themselves the layers that exoctl foretold, and chat", async () => {
  report.say("equal", await ranAs(equal));
});

test("a name that begins with gpt- is answered by the default model", async () => {
  expect((await classicChat(1, "gpt-oss-120b")).model).toBe(model);
});

test("a node is killed: the others drop it, take its layers, and answer", async () => {
  const victim = nodeNumbers.at(-1) ?? 0;
  const since = Date.now();
  await stop(victim, "SIGKILL");
  const rest = new Map([...equal].filter(([number]) => number !== victim));
  await agreed(rest);
  const sec = ((Date.now() - since) / 1000).toFixed(0);
  report.say("killed", `${nameOf(victim)} dropped after ${sec} s: ${await ranAs(rest)}`);
});

test("it comes back: the layers are as before", async () => {
  const since = Date.now();
  start(equal, nodeNumbers.at(-1) ?? 0);
  await agreed(equal);
  report.say("back", `after ${((Date.now() - since) / 1000).toFixed(0)} s: ${await ranAs(equal)}`);
});

test("unequal nodes order themselves by memory as foretold", async () => {
  for (const number of nodeNumbers) await stop(number, "SIGTERM");
  for (const number of nodeNumbers) start(unequal, number);
  await agreed(unequal);
  report.say("unequal", await ranAs(unequal));
});
