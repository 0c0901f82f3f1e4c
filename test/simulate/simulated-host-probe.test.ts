import { expect, test } from "vitest";
import type { ProbeQuestion } from "../../src/agent/host-probe.js";
import { parseMetalWorkingSet } from "../../src/agent/parse-metal-info.js";
import { parseSwVers } from "../../src/agent/parse-sw-vers.js";
import { parseSysctlHardware, parseWiredLimit } from "../../src/agent/parse-sysctl.js";
import { parseVmStat } from "../../src/agent/parse-vm-stat.js";
import { defaultSimulation } from "../../src/simulate/simulated-cluster-spec.js";
import { createSimulatedHostProbe } from "../../src/simulate/simulated-host-probe.js";

const [first] = defaultSimulation(1).macs;
if (first === undefined) throw new Error("no mac");
const mac = first.profile;

const stdout = async (question: ProbeQuestion): Promise<string> => {
  const output = await createSimulatedHostProbe(mac).ask(question, new AbortController().signal);
  return output.kind === "output" ? output.stdout : output.kind;
};

test("answers in the form that the agent's parsers read from a real Mac", async () => {
  expect(parseSysctlHardware(await stdout("sysctl-hardware"))).toEqual({
    modelIdentifier: "Mac13,1",
    chip: "Apple M1 Max",
    memoryBytes: 64 * 2 ** 30,
  });
  expect(parseSwVers(await stdout("sw_vers"))).toEqual({ osVersion: "26.4.1", osBuild: "25E253" });
  expect(parseWiredLimit(await stdout("iogpu-wired-limit"))).toBe("default");
  expect(parseMetalWorkingSet(await stdout("metal-device-info"))).toBe(mac.workingSetBytes);
  expect(await stdout("computer-name")).toBe("studio-1\n");
  const available = parseVmStat(await stdout("vm_stat")) ?? 0;
  const expected = mac.memoryBytes - mac.systemBytes;
  expect(Math.abs(available - expected)).toBeLessThan(16_384);
});

test("a Mac without MLX says that the tool is missing", async () => {
  const bare = createSimulatedHostProbe({ ...mac, metalInfo: "missing" });
  expect(await bare.ask("metal-device-info", new AbortController().signal)).toEqual({ kind: "missing" });
});

test("an aborted question is not answered", async () => {
  const probe = createSimulatedHostProbe(mac);
  await expect(probe.ask("vm_stat", AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});
