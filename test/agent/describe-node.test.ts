import { expect, test } from "vitest";
import { createDescribeMachine } from "../../src/agent/describe-node.js";
import { estimatedWorkingSetBytes } from "../../src/cluster/chips.js";
import { createManualClock } from "../support/agent-manual-clock.js";
import { createFakeProbe, macAvailableBytes, macOutputs } from "../support/agent-probe-outputs.js";

const { signal } = new AbortController();
const gib = 2 ** 30;

const measure = (changes: Parameters<typeof createFakeProbe>[0]) =>
  createDescribeMachine(createFakeProbe(changes), createManualClock())(signal);

test("a Mac is described by its own commands", async () => {
  expect(await measure({})).toEqual({
    hardware: {
      modelIdentifier: "Mac15,14",
      chip: "Apple M3 Ultra",
      memoryBytes: 256 * gib,
      osVersion: "26.4.1",
      osBuild: "25E253",
    },
    memory: {
      totalBytes: 256 * gib,
      availableBytes: macAvailableBytes,
      workingSetBytes: 223_338_299_392,
      workingSetSource: "metal",
    },
  });
});

test("where exo's Python is missing, the admin's limit counts", async () => {
  const { memory } = await measure({ "metal-device-info": null, "iogpu-wired-limit": "229376\n" });
  expect(memory).toMatchObject({ workingSetBytes: 224 * gib, workingSetSource: "sysctl" });
});

test("where nobody says anything, the estimate is marked as one", async () => {
  const { memory } = await measure({ "metal-device-info": null });
  expect(memory).toMatchObject({ workingSetBytes: estimatedWorkingSetBytes(256 * gib), workingSetSource: "estimated" });
});

test("values larger than the machine are not believed", async () => {
  const metal = macOutputs["metal-device-info"].replace("223338299392", "999999999999999");
  const { memory } = await measure({ "metal-device-info": metal, "iogpu-wired-limit": "999999999\n" });
  expect(memory.workingSetSource).toBe("estimated");
});

test.each([
  ["sysctl-hardware", /Apple silicon/],
  ["vm_stat", /free/],
] as const)("without %s there is no description, and the sentence says so", async (question, sentence) => {
  await expect(measure({ [question]: null })).rejects.toMatchObject({
    code: "not_possible",
    message: expect.stringMatching(sentence),
  });
  await expect(measure({ [question]: "garbage" })).rejects.toMatchObject({ code: "not_possible" });
});

test("an unknown version of macOS leaves only that out", async () => {
  const { hardware } = await measure({ sw_vers: null });
  expect(hardware).not.toHaveProperty("osVersion");
});

test("Metal is asked once, and again when the limit has changed", async () => {
  const outputs: Parameters<typeof createFakeProbe>[0] = { "iogpu-wired-limit": "0\n" };
  const probe = createFakeProbe(outputs);
  const describe = createDescribeMachine(probe, createManualClock());
  const askedMetal = () => probe.asked.filter((question) => question === "metal-device-info").length;
  await describe(signal);
  await describe(signal);
  expect(askedMetal()).toBe(1);
  outputs["iogpu-wired-limit"] = "200000\n";
  await describe(signal);
  expect(askedMetal()).toBe(2);
});

test("an estimate is replaced once Metal can be asked", async () => {
  const outputs: Parameters<typeof createFakeProbe>[0] = { "metal-device-info": null };
  const clock = createManualClock();
  const describe = createDescribeMachine(createFakeProbe(outputs), clock);
  expect((await describe(signal)).memory.workingSetSource).toBe("estimated");
  outputs["metal-device-info"] = macOutputs["metal-device-info"];
  await clock.advance(299_000);
  expect((await describe(signal)).memory.workingSetSource).toBe("estimated");
  await clock.advance(2_000);
  expect((await describe(signal)).memory.workingSetSource).toBe("metal");
});
