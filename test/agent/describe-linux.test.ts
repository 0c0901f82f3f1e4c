import { expect, test } from "vitest";
import { createDescribeMachine } from "../../src/agent/describe-node.js";
import { estimatedWorkingSetBytes } from "../../src/cluster/chips.js";
import { createManualClock } from "../support/agent-manual-clock.js";
import { createFakeProbe, linuxOutputs } from "../support/agent-probe-outputs.js";

const { signal } = new AbortController();
const totalBytes = 24_684_092 * 1024;

const measure = (changes: Parameters<typeof createFakeProbe>[0] = {}) =>
  createDescribeMachine(createFakeProbe(changes, linuxOutputs), createManualClock())(signal);

test("a Linux machine is described by its kernel's files, and asked no command of macOS", async () => {
  const probe = createFakeProbe({}, linuxOutputs);
  const describe = createDescribeMachine(probe, createManualClock());
  expect(await describe(signal)).toEqual({
    hardware: { modelIdentifier: "Linux", chip: "AMD EPYC", memoryBytes: totalBytes, osVersion: "12" },
    memory: {
      totalBytes,
      availableBytes: 23_945_188 * 1024,
      workingSetBytes: estimatedWorkingSetBytes(totalBytes),
      workingSetSource: "estimated",
    },
  });
  await describe(signal);
  // The processor once, memory each time, and once more to see that this is Linux.
  expect(probe.asked.toSorted()).toEqual([
    "os-release",
    "proc-cpuinfo",
    "proc-meminfo",
    "proc-meminfo",
    "proc-meminfo",
  ]);
});

test("what ARM kernels and rolling distributions leave out is left out", async () => {
  const { hardware } = await measure({
    "proc-cpuinfo": "processor\t: 0\nBogoMIPS\t: 48.00\n",
    "os-release": "ID=arch\n",
  });
  expect(hardware).toEqual({ modelIdentifier: "Linux", chip: "unknown processor", memoryBytes: totalBytes });
});

test.each([
  ["an empty file", ""],
  ["no MemAvailable, as kernels before 3.14", "MemTotal:       24684092 kB\n"],
  ["another unit", "MemTotal: 24 GB\nMemAvailable: 20 GB\n"],
  ["a number that JavaScript does not hold", "MemTotal: 99999999999999999999 kB\nMemAvailable: 1 kB\n"],
])("memory is not guessed from %s", async (_what, meminfo) => {
  await expect(measure({ "proc-meminfo": meminfo })).rejects.toMatchObject({
    code: "not_possible",
    message: expect.stringContaining("/proc/meminfo"),
  });
});
