import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { version } from "../../src/cli/version.js";
import {
  answersAsRecorded,
  chatsThroughAdapter,
  recordedCalls,
  streamsAsRecorded,
} from "../contract/exo-classic/cases.js";
import { classicChat, classicModelsOf, statusOf } from "./classic-facts.js";
import {
  adaptersAgree,
  type Memories,
  ringAgrees,
  ringRanAs,
  startInRing,
  stopInRing,
  stopRing,
  targetOf,
} from "./classic-ring.js";
import { eventually } from "./eventually.js";
import { exoctl } from "./real-controller.js";
import { printReport, report } from "./report.js";
import { exoCheckout, nameOf, nodeNumbers, workFolder } from "./settings.js";

const model = "layers-36";
const layers = 36;
/** The one repository for which exo's engine for tests asks no hub for a tokenizer. */
const dummyRepo = "dummy";
const minuteMs = 60_000;
const equal: Memories = new Map(nodeNumbers.map((number) => [number, 64]));
const unequal: Memories = new Map(nodeNumbers.map((number) => [number, [64, 128, 192][number - 1] ?? 64]));
const last = nodeNumbers.at(-1) ?? 0;
const checkout = join(workFolder, "checkout");
const modelsPy = join(checkout, "exo", "models.py");
const stock = join(exoCheckout, "exo", "models.py");
const run = { checkout, flags: { "--default-model": model } };

printReport("exoctl against real exo 0.0.x");

beforeAll(() => {
  cpSync(join(exoCheckout, "exo"), join(checkout, "exo"), { recursive: true });
});
afterAll(stopRing);

test("the recipe for gpt-oss-120b is refused with its faults, and nothing is written", async () => {
  const { code, stdout } = await exoctl("model", "add", "gpt-oss-120b", "--classic", checkout);
  expect(code, stdout).toBe(1);
  for (const fault of ["model_class_missing", "mlx_too_old"]) expect(stdout).toContain(fault);
  expect(readFileSync(modelsPy)).toEqual(readFileSync(stock));
  report.say("versions", `exoctl ${version}, exo 0.0.x`);
});

test("exoctl writes an entry of 36 layers into the real registry", async () => {
  const entry = ["--layers", String(layers), "--repo", dummyRepo, "--engine", "dummy", "--label", "36 layers"];
  const { code, stderr } = await exoctl("model", "add", model, "--classic", checkout, ...entry);
  expect(code, stderr).toBe(0);
});

test("three nodes start and are recognised as exo 0.0.x by what they answer", async () => {
  for (const number of nodeNumbers) startInRing(equal, number, run);
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

test("all nodes agree on the ring, by exo's answers and by what exoctl reads of them", async () => {
  await ringAgrees(equal);
  await adaptersAgree(equal, layers);
});

test("equal nodes give themselves the layers that exoctl foretold, and chat", async () => {
  report.say("equal", await ringRanAs(equal, model, layers));
});

test("a name that begins with gpt- is answered by the default model", async () => {
  expect((await classicChat(1, "gpt-oss-120b")).model).toBe(model);
});

test("a node is killed: the others drop it, take its layers, and answer", async () => {
  const since = Date.now();
  await stopInRing(last, "SIGKILL");
  const rest = new Map([...equal].filter(([number]) => number !== last));
  await ringAgrees(rest);
  const sec = ((Date.now() - since) / 1000).toFixed(0);
  report.say("killed", `${nameOf(last)} dropped after ${sec} s: ${await ringRanAs(rest, model, layers)}`);
});

test("it comes back: the layers are as before", async () => {
  const since = Date.now();
  startInRing(equal, last, run);
  await ringAgrees(equal);
  report.say("back", `after ${((Date.now() - since) / 1000).toFixed(0)} s: ${await ringRanAs(equal, model, layers)}`);
});

test("exoctl takes its entry out of the registry, which is then as exo ships it", async () => {
  const { code, stderr } = await exoctl("model", "remove", model, "--classic", checkout);
  expect(code, stderr).toBe(0);
  expect(readFileSync(modelsPy)).toEqual(readFileSync(stock));
});

test("unequal nodes order themselves by memory as foretold", async () => {
  await stopRing();
  for (const number of nodeNumbers) startInRing(unequal, number, { checkout, flags: {} });
  await ringAgrees(unequal);
  await adaptersAgree(unequal, 8);
  report.say("unequal", `of 8 layers ${await ringRanAs(unequal, "dummy", 8)}`);
});

test.each(recordedCalls)("it answers as recorded: %s", (name) => answersAsRecorded(targetOf(last), `http/${name}`));
test("it streams as recorded", () => streamsAsRecorded(targetOf(last)));
test("models, downloads and a chat through exoctl's adapter", () => chatsThroughAdapter(targetOf(1)));
