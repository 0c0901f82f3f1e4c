import { describe, expect, test } from "vitest";
import { nextRingSteps } from "../../../src/apply/classic/next-ring-steps.js";
import { describeRingStep } from "../../../src/apply/classic/ring-steps.js";
import { ringId } from "../../../src/apply/classic/ring-target.js";
import { aRingTarget, type FakeRingNode, ringView, runsAsWanted } from "../../support/fake-ring.js";

const names = ["a", "b", "c"];
const target = aRingTarget(names);
const proven = new Set([ringId(target)]);
const actions = (
  changes: Readonly<Record<string, Partial<FakeRingNode>>> = {},
  known: ReadonlySet<string> = proven,
) => {
  const next = nextRingSteps(target, ringView(target, changes), known);
  return next.kind === "steps"
    ? next.steps.map((step) => [step.action, ...("node" in step ? [step.node] : [])].join(" "))
    : next;
};

describe("what is to be done", () => {
  test("nothing where everything runs and was proven; a proof where it was not", () => {
    expect(actions()).toEqual([]);
    expect(actions({}, new Set())).toEqual(["prove-ring a"]);
  });

  test("the entry comes first, wherever it is missing, and says something else", () => {
    const other = { ...target.entry, layers: 35 };
    expect(actions({ b: { entry: undefined } })).toEqual(["ensure-classic-entry"]);
    expect(actions({ c: { entry: other } })).toEqual(["ensure-classic-entry"]);
  });

  test("bare nodes are told their peers and started, then waited for and asked", () => {
    const bare = { configured: undefined, running: undefined, topology: undefined };
    expect(actions({ a: bare, b: bare, c: bare }, new Set())).toEqual([
      ...names.map((name) => `configure-exo ${name}`),
      ...names.map((name) => `start-exo ${name}`),
      "await-ring",
      "prove-ring a",
    ]);
  });

  test("what was started with other settings is stopped before anything is started", () => {
    const settings = { ...runsAsWanted(target, "b"), forcedMemoryMb: 7 };
    expect(actions({ b: { configured: settings, running: settings } })).toEqual([
      "stop-exo b",
      "configure-exo b",
      "start-exo b",
      "await-ring",
    ]);
  });

  test("an exo that has read an older registry is started again", () => {
    expect(actions({ c: { readDigest: "0".repeat(64) } })).toEqual(["stop-exo c", "start-exo c", "await-ring"]);
  });

  test("a change of the others' addresses alone restarts nothing", () => {
    const wanted = runsAsWanted(target, "a");
    const older = { ...wanted, peers: wanted.peers.map((peer) => (peer.id === "c" ? { ...peer, port: 9 } : peer)) };
    expect(actions({ a: { configured: older, running: older } })).toEqual(["configure-exo a", "await-ring"]);
    const own = { ...wanted, peers: wanted.peers.map((peer) => (peer.id === "a" ? { ...peer, port: 9 } : peer)) };
    expect(actions({ a: { configured: own, running: own } })).toContain("stop-exo a");
  });

  test("nodes that do not agree are waited for", () => {
    expect(actions({ b: { sees: ["b", "c"] } })).toEqual(["await-ring"]);
    expect(actions({ b: { topology: undefined } })).toEqual(["await-ring"]);
  });

  test("the exo of a machine that was left out is stopped", () => {
    const left = aRingTarget(["a", "b"]);
    const view = ringView(target, {});
    const next = nextRingSteps(left, view, proven);
    expect(next).toMatchObject({
      kind: "steps",
      steps: expect.arrayContaining([{ action: "stop-exo", node: "c", because: "it is not part of the ring" }]),
    });
  });
});

describe("what stands in the way", () => {
  test("an exo of somebody else, another engine, and memory that can't be forced are named with the node", () => {
    expect(actions({ b: { managed: false } })).toMatchObject({
      mayPass: "never",
      problem: { code: "classic_foreign", message: expect.stringContaining("exo on b") },
    });
    expect(actions({ c: { engine: "tinygrad" } })).toMatchObject({
      mayPass: "never",
      problem: { code: "classic_engine" },
    });
    const forced = aRingTarget(names, {
      forcedMb: new Map([
        ["a", 5],
        ["b", 4],
        ["c", 3],
      ]),
    });
    const next = nextRingSteps(
      forced,
      ringView(forced, { b: { cannotForce: "exo on Linux reads memory itself" } }),
      proven,
    );
    expect(next).toMatchObject({
      mayPass: "never",
      problem: { code: "classic_force", message: expect.stringContaining("on b") },
    });
  });

  test("an agent that says nothing may come back", () => {
    expect(actions({ a: { silent: true } })).toMatchObject({
      kind: "blocked",
      mayPass: "soon",
      problem: { code: "classic_agent" },
    });
  });
});

test("each step says in words what it does", () => {
  const bare = { configured: undefined, running: undefined, topology: undefined, entry: undefined };
  const first = nextRingSteps(target, ringView(target, { a: bare }), new Set());
  expect(first.kind === "steps" ? first.steps.map(describeRingStep) : []).toEqual([
    "write oss-120b into exo/models.py on a, b, c",
  ]);
});

test("what a silent agent said of its exo is no reason to stop it", () => {
  const left = aRingTarget(["a", "b"]);
  const next = nextRingSteps(left, ringView(target, { c: { silent: true } }), proven);
  expect(next.kind === "steps" ? next.steps.map(({ action }) => action) : next).not.toContain("stop-exo");
});
