import { expect, test } from "vitest";
import { checkExposure } from "../../../src/discover/exposure/check-exposure.js";
import { isExposed } from "../../../src/discover/exposure/judge-exposure.js";
import type { PortProbe, PortState } from "../../../src/discover/exposure/port-probe.js";
import { isPublicAddress, vantageOf } from "../../../src/discover/exposure/vantage.js";

const own = [
  { address: "10.0.0.5", cidr: "10.0.0.5/24" },
  { address: "fd00::5", cidr: "fd00::5/64" },
];
const answering = (states: Readonly<Record<number, PortState>>): PortProbe => ({
  ask: async (_host, { port }) => states[port] ?? "silent",
});
const check = (address: string, states: Readonly<Record<number, PortState>>) =>
  checkExposure([{ name: "studio-1", address }], { probe: answering(states), own }, new AbortController().signal);

test.each([
  ["10.0.0.11", "inside"],
  ["10.0.1.11", "outside"],
  ["10.0.0.5", "self"],
  ["127.0.0.1", "self"],
  ["fd00::11", "inside"],
  ["fd01::11", "outside"],
  ["fe80::1%en5", "inside"],
  ["169.254.10.1", "inside"],
  ["203.0.113.7", "outside"],
])("%s is looked at from %s", (address, vantage) => {
  expect(vantageOf(address, own)).toBe(vantage);
});

test("public addresses are those that no private range has", () => {
  expect(["203.0.113.7", "2001:db8::1", "172.32.0.1"].map(isPublicAddress)).toEqual([true, true, true]);
  expect(["10.1.2.3", "172.31.0.1", "100.64.0.9", "fd00::1", "fe80::1%en0"].map(isPublicAddress)).toEqual(
    Array(5).fill(false),
  );
});

test("an open port is exposed to whoever is outside", async () => {
  const found = await check("10.0.1.11", { 52415: "open", 52414: "refused" });
  expect(found[0]?.ports.map(({ port, verdict }) => [port, verdict])).toEqual([
    [52_415, "exposed"],
    [52_414, "closed"],
    [52_413, "unproven"],
  ]);
  expect(isExposed(found)).toBe(true);
});

test("an answer over UDP exposes as well, and silence there proves nothing", async () => {
  expect(isExposed(await check("10.0.1.11", { 52413: "open" }))).toBe(true);
  const silent = await check("10.0.1.11", {});
  expect(isExposed(silent)).toBe(false);
  expect(silent[0]?.ports.at(-1)?.verdict).toBe("unproven");
});

test("from inside nothing is proven about the outside", async () => {
  const found = await check("10.0.0.11", { 52415: "open" });
  expect(found[0]?.ports.every(({ verdict }) => verdict === "unproven")).toBe(true);
  expect(isExposed(found)).toBe(false);
});

test("a public address is named as such", async () => {
  expect((await check("203.0.113.7", {}))[0]?.warning).toContain("public address");
  expect((await check("10.0.1.11", {}))[0]?.warning).toBeUndefined();
});
