import { expect, test } from "vitest";
import { nodeName } from "../../../src/cluster/names.js";
import { chooseNodes, type SyncCandidate } from "../../../src/controller/sync/choose-nodes.js";
import { copyAddresses } from "../../../src/controller/sync/peer-addresses.js";
import { progressText, withReport } from "../../../src/controller/sync/sync-progress.js";
import type { InventoryLink, LinkKind } from "../../../src/inventory/inventory.js";
import type { FetchProgress } from "../../../src/models/sync/sync-report.js";

const [a, b, c, d] = ["a", "b", "c", "d"].map(nodeName) as [never, never, never, never];
const onDisk = (complete: boolean) => ({ filesPort: 8419, complete, files: 2, bytes: 5, freeBytes: 9 });
const candidates: readonly SyncCandidate[] = [
  { name: a, onDisk: onDisk(true) },
  { name: b, onDisk: onDisk(false) },
  { name: c, onDisk: onDisk(true) },
  { name: d, trouble: "it is off" },
];

test("by default everybody who lacks it gets it from everybody who has it", () => {
  expect(chooseNodes({}, "m", candidates)).toEqual({
    sources: [a, c],
    targets: [b],
    silent: new Map([[d, "it is off"]]),
  });
});

test("one source and some targets can be named; a target that says it has it is checked against that source", () => {
  expect(chooseNodes({ from: "c", to: ["a", "b"] }, "m", candidates)).toEqual({
    sources: [c],
    targets: [a, b],
    silent: new Map(),
  });
});

test.each([
  [{ to: ["x"] }, "usage", "a, b, c, d"],
  [{ from: "x" }, "usage", "a, b, c, d"],
  [{ from: "b" }, "failed", "d"],
])("%j is refused with the way out", (request, kind, hint) => {
  expect(() => chooseNodes(request, "m", candidates)).toThrow(
    expect.objectContaining({ kind, hint: expect.stringContaining(hint) }),
  );
});

test("nobody has it", () => {
  expect(() => chooseNodes({}, "m", candidates.slice(1, 2))).toThrow(
    "no node that answers has the complete files of m",
  );
});

const link = (kind: LinkKind, ip: string): InventoryLink => ({ from: a, to: b, kind, ip });
const links = [link("wifi", "10.0.2.2"), link("ethernet-10g", "10.0.1.2"), link("thunderbolt", "169.254.9.2")];

test("the fastest cable comes first, slow ones after the address that the controller uses", () => {
  const to = { name: b, host: "10.0.0.2", filesPort: 8419, simulated: false };
  expect(copyAddresses(links, a, to).map(({ host }) => host)).toEqual([
    "169.254.9.2",
    "10.0.1.2",
    "10.0.0.2",
    "10.0.2.2",
  ]);
  expect(copyAddresses(links, b, { ...to, name: a })).toEqual([{ host: "10.0.0.2", port: 8419 }]);
});

test("addresses of simulated cables are never dialled", () => {
  const to = { name: b, host: "127.0.0.1", filesPort: 9, simulated: true };
  expect(copyAddresses(links, a, to)).toEqual([{ host: "127.0.0.1", port: 9 }]);
});

test("progress names each node with its share, its rate and the time left, the slowest first", () => {
  const at = (phase: FetchProgress["phase"], doneBytes: number): FetchProgress => ({
    phase,
    doneBytes,
    totalBytes: 1_000e6,
    keptBytes: 0,
    fetchedBytes: new Map(),
  });
  const fast = withReport(withReport(undefined, at("copying", 0), 0), at("copying", 500e6), 1_000);
  const slow = withReport(withReport(undefined, at("copying", 100e6), 0), at("copying", 110e6), 1_000);
  const nodes = new Map([
    ["done", withReport(undefined, at("done", 1_000e6), 0)],
    ["fast", fast],
    ["slow", slow],
    ["new", withReport(fast, at("verifying", 10e6), 2_000)],
  ]);
  expect(progressText(nodes)).toBe(
    "new verifying 1 %, slow 11 % 10 MB/s 2 min left, fast 50 % 500 MB/s 1 s left, done done",
  );
});
