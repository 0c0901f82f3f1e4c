import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMetalWorkingSet } from "../../src/agent/parse-metal-info.js";
import { parseSwVers } from "../../src/agent/parse-sw-vers.js";
import { parseSysctl, parseSysctlHardware, parseWiredLimit } from "../../src/agent/parse-sysctl.js";
import { parseVmStat } from "../../src/agent/parse-vm-stat.js";
import { macAvailableBytes, macOutputs } from "../support/agent-probe-outputs.js";

const hardware = macOutputs["sysctl-hardware"];

test("sw_vers gives version and build", () => {
  expect(parseSwVers(macOutputs.sw_vers)).toEqual({ osVersion: "26.4.1", osBuild: "25E253" });
  expect(parseSwVers("ProductVersion: new\n")).toEqual({});
  expect(parseSwVers("")).toEqual({});
});

describe("sysctl", () => {
  test("identifies the Mac", () => {
    expect(parseSysctl(hardware).size).toBe(4);
    expect(parseSysctlHardware(hardware)).toEqual({
      modelIdentifier: "Mac15,14",
      chip: "Apple M3 Ultra",
      memoryBytes: 274_877_906_944,
    });
  });

  test.each([
    ["no model", hardware.replace(/^hw.model.*\n/, "")],
    ["an Intel chip", hardware.replace("Apple M3 Ultra", "Intel(R) Core(TM) i9")],
    ["no Apple silicon", hardware.replace("arm64: 1", "arm64: 0")],
    ["memory that is no number", hardware.replace("274877906944", "256 GB")],
    ["negative memory", hardware.replace("274877906944", "-1")],
    ["no memory", hardware.replace("274877906944", "0")],
    ["memory beyond exact numbers", hardware.replace("274877906944", "99999999999999999999")],
    ["an error", "sysctl: unknown oid 'hw.model'"],
    ["nothing", ""],
  ])("with %s identifies nothing", (_case, text) => {
    expect(parseSysctlHardware(text)).toBeUndefined();
  });

  test("reads the wired limit", () => {
    expect(parseWiredLimit("0\n")).toBe("default");
    expect(parseWiredLimit("229376\n")).toBe(229_376 * 2 ** 20);
    for (const odd of ["", "x", "-1", "1.5", "0x10", "12 34", "99999999999999999", "00"])
      expect(parseWiredLimit(odd)).toBeUndefined();
  });
});

describe("vm_stat", () => {
  test("gives the memory that is free to take", () => {
    expect(parseVmStat(macOutputs.vm_stat)).toBe(macAvailableBytes);
  });

  test("reads thousands separators", () => {
    expect(parseVmStat(macOutputs.vm_stat.replace("12033110.", "12,033,110."))).toBe(macAvailableBytes);
    expect(parseVmStat(macOutputs.vm_stat.replace("12033110.", "12.033.110."))).toBe(macAvailableBytes);
  });

  test.each(["Pages free", "Pages inactive", "Pages speculative", "Pages purgeable", "page size of"])(
    "without %s gives nothing",
    (needed) => {
      expect(parseVmStat(macOutputs.vm_stat.replace(needed, "Pages other"))).toBeUndefined();
    },
  );
});

describe("Metal", () => {
  test("gives its working set", () => {
    expect(parseMetalWorkingSet(macOutputs["metal-device-info"])).toBe(223_338_299_392);
    expect(parseMetalWorkingSet(`a warning of some library\n${macOutputs["metal-device-info"]}`)).toBe(223_338_299_392);
  });

  test.each([
    ["a wrong result of the GPU", macOutputs["metal-device-info"].replace("true", "false")],
    ["no GPU", "[metal::load_device] No Metal device available"],
    ["half a line", macOutputs["metal-device-info"].slice(0, 60)],
    ["a value that is no number", macOutputs["metal-device-info"].replace("223338299392", "lots")],
    ["nothing", ""],
  ])("with %s gives nothing", (_case, text) => {
    expect(parseMetalWorkingSet(text)).toBeUndefined();
  });
});

test("no mutation of an output makes a parser throw or give a number that is not whole and positive", () => {
  const outputs = Object.values(macOutputs);
  const mutation = fc.tuple(
    fc.constantFrom(...outputs),
    fc.nat(1_000),
    fc.nat(30),
    fc.string({ unit: "binary-ascii", maxLength: 12 }),
  );
  fc.assert(
    fc.property(mutation, ([text, at, remove, insert]) => {
      const start = at % (text.length + 1);
      const mutated = text.slice(0, start) + insert + text.slice(start + remove);
      const numbers = [
        parseVmStat(mutated),
        parseWiredLimit(mutated),
        parseMetalWorkingSet(mutated),
        parseSysctlHardware(mutated)?.memoryBytes,
      ];
      for (const value of numbers)
        if (typeof value === "number") expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      parseSwVers(mutated);
    }),
    { numRuns: 1_000 },
  );
});
