import { describe, expect, test } from "vitest";
import {
  chipConstants,
  estimatedWorkingSetBytes,
  isKnownChip,
  readChipName,
  usualWorkingSetBytes,
} from "../../src/cluster/chips.js";

const GIB = 2 ** 30;

describe("chip names", () => {
  test.each([
    ["Apple M4 Max", { chip: "M4 Max" }],
    ["Apple M2", { chip: "M2" }],
    ["m4max64", { chip: "M4 Max", memoryBytes: 64 * GIB }],
    ["m3u96", { chip: "M3 Ultra", memoryBytes: 96 * GIB }],
    ["m3ultra-512", { chip: "M3 Ultra", memoryBytes: 512 * GIB }],
    ["m4pro48", { chip: "M4 Pro", memoryBytes: 48 * GIB }],
    ["M1 Ultra", { chip: "M1 Ultra" }],
  ])("%s is read", (text, expected) => {
    expect(readChipName(text)).toEqual(expected);
  });

  test.each(["", "Intel Core i9", "Apple", "m4maxi", "studio-1"])("%j is not a chip", (text) => {
    expect(readChipName(text)).toBeUndefined();
    expect(isKnownChip(text)).toBe(false);
  });

  test("a chip of the future has a name but no constants", () => {
    expect(readChipName("Apple M9 Ultra")).toEqual({ chip: "M9 Ultra" });
    expect(isKnownChip("Apple M9 Ultra")).toBe(false);
    expect(isKnownChip("Apple M3 Pro")).toBe(true);
  });
});

describe("constants", () => {
  test.each([
    ["Apple M1 Max", 64, 180e9, 100e-6],
    ["Apple M1 Ultra", 64, 360e9, 100e-6],
    ["Apple M2 Max", 64, 180e9, 80e-6],
    ["Apple M2 Ultra", 192, 400e9, 80e-6],
    ["Apple M3 Ultra", 96, 340e9, 80e-6],
    ["Apple M4 Max", 36, 277e9, 80e-6],
    ["Apple M4 Max", 64, 369e9, 80e-6],
    ["Apple M4 Pro", 64, 170e9, 80e-6],
    ["Apple M5 Max", 36, 318e9, 80e-6],
    ["Apple M5 Max", 128, 425e9, 80e-6],
  ])("%s with %d GiB", (chip, memoryGib, effBytesPerSec, overheadSecPerLayer) => {
    expect(chipConstants(chip, memoryGib * GIB)).toMatchObject({ effBytesPerSec, overheadSecPerLayer });
  });

  test("counted cores win over memory, and a short name brings its own memory", () => {
    expect(chipConstants("Apple M4 Max", 64 * GIB, 32).effBytesPerSec).toBe(277e9);
    expect(chipConstants("Apple M4 Max", 36 * GIB, 40).effBytesPerSec).toBe(369e9);
    expect(chipConstants("m4max36").effBytesPerSec).toBe(277e9);
    expect(chipConstants("m4max128").effBytesPerSec).toBe(369e9);
  });

  test("in doubt the smaller bin", () => {
    expect(chipConstants("Apple M4 Max").effBytesPerSec).toBe(277e9);
  });

  test("a chip without measurements gets half its published bandwidth and is not calibrated", () => {
    expect(chipConstants("Apple M3 Pro")).toMatchObject({
      effBytesPerSec: 75e9,
      overheadSecPerLayer: 100e-6,
      calibrated: false,
    });
    expect(chipConstants("Apple M9 Ultra", 64 * GIB)).toMatchObject({ effBytesPerSec: 50e9, calibrated: false });
  });

  test("priors taken over from relatives are not calibrated, fits are", () => {
    const calibrated = (chip: string): boolean => chipConstants(chip).calibrated;
    expect(["M1 Max", "M1 Ultra", "M4 Pro"].map(calibrated)).toEqual([false, false, false]);
    expect(["M2 Max", "M2 Ultra", "M3 Ultra", "M4 Max", "M5 Max"].every(calibrated)).toBe(true);
  });
});

describe("working set", () => {
  /** Budgets of the worked examples in the placement reference. */
  test.each([
    [36, 30_150_670_417],
    [48, 40_200_893_890],
    [64, 55_662_776_156],
    [96, 85_555_748_536],
    [128, 115_448_720_916],
    [192, 177_296_249_978],
  ])("of a Mac with %d GiB", (memoryGib, bytes) => {
    expect(usualWorkingSetBytes(memoryGib * GIB)).toBe(bytes);
  });

  test("other sizes lie between their neighbours, and the share ends at the largest Mac's", () => {
    const share = (memoryGib: number): number => usualWorkingSetBytes(memoryGib * GIB) / (memoryGib * GIB);
    expect(share(80)).toBeCloseTo(0.82, 6);
    expect(share(8)).toBeCloseTo(2 / 3, 6);
    expect(share(1024)).toBeCloseTo(0.906, 6);
  });

  test("an estimate stays 5 % below", () => {
    expect(estimatedWorkingSetBytes(64 * GIB)).toBe(Math.floor(0.95 * 55_662_776_156));
  });
});
