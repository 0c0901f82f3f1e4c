import { describe, expect, test } from "vitest";
import { readPlanRequest } from "../../src/plan/read-plan-request.js";
import { aModel } from "../support/plan-problems.js";

const GIB = 2 ** 30;
const minimal = { model: "gpt-oss-120b", nodes: [{ name: "a", chip: "m4max64" }] };

function problemOf(document: unknown) {
  const read = readPlanRequest(document);
  if (read.kind === "invalid") throw new Error(JSON.stringify(read.issues));
  return read.problem;
}

function issuesOf(document: unknown): readonly string[] {
  const read = readPlanRequest(document);
  if (read.kind === "ok") throw new Error("expected problems");
  return read.issues.map((issue) => `${issue.path}: ${issue.problem}`);
}

describe("defaults", () => {
  test("a minimal request is filled in", () => {
    expect(problemOf(minimal)).toEqual({
      model: aModel(),
      nodes: [
        {
          name: "a",
          chip: "m4max64",
          budgetBytes: 55_662_776_156,
          reserveBytes: 3 * GIB,
          effBytesPerSec: 369e9,
          overheadSecPerLayer: 80e-6,
          prefillFlopsPerSec: 8e12,
          cordoned: false,
          calibrated: true,
          memoryBytes: 64 * GIB,
          speedFrom: "chip",
        },
      ],
      links: [],
      workload: { contextTokens: 8192, concurrency: 1, batch: 1 },
      objective: "latency",
      outputPolicy: "replicated",
      sharding: "pipeline",
      replicas: 1,
      minNodes: 1,
      maxNodes: 1,
      pins: [],
    });
  });

  test("a brand string with its memory says as much as a short name", () => {
    const [node] = problemOf({ ...minimal, nodes: [{ name: "a", chip: "Apple M4 Max", memoryBytes: 36 * GIB }] }).nodes;
    expect(node).toMatchObject({ budgetBytes: 30_150_670_417, effBytesPerSec: 277e9, calibrated: true });
  });

  test("stated numbers win over the chip table", () => {
    const stated = { budgetBytes: 40e9, reserveBytes: 0, effBytesPerSec: 300e9, overheadSecPerLayer: 0.00009 };
    const [node] = problemOf({ ...minimal, nodes: [{ name: "a", chip: "m1max64", ...stated }] }).nodes;
    expect(node).toMatchObject({ ...stated, calibrated: true });
  });

  test("an unknown chip with a bandwidth gets 100 microseconds a layer and is not calibrated", () => {
    const nodes = [{ name: "a", chip: "Apple M9 Ultra", memoryBytes: 64 * GIB, effBytesPerSec: 500e9 }];
    const [node] = problemOf({ ...minimal, nodes }).nodes;
    expect(node).toMatchObject({ overheadSecPerLayer: 100e-6, calibrated: false });
  });
});

describe("the model", () => {
  test("a quantisation beside the name or with it", () => {
    const expected = aModel("gpt-oss-20b", "affine-4");
    expect(problemOf({ ...minimal, model: "gpt-oss-20b", quantization: "affine-4" }).model).toEqual(expected);
    expect(problemOf({ ...minimal, model: { name: "gpt-oss-20b", quantization: "affine-4" } }).model).toEqual(expected);
  });

  test("in numbers", () => {
    const { name: _name, ...numbers } = aModel();
    expect(problemOf({ ...minimal, model: numbers }).model).toEqual({ ...numbers, name: "inline" });
  });

  test("in numbers that contradict each other", () => {
    const model = { ...aModel(), expertsPerToken: 200, fullAttentionLayers: [1, 1, 36] };
    expect(issuesOf({ ...minimal, model })).toEqual([
      "model.expertsPerToken: expected at most experts (128)",
      "model.fullAttentionLayers[2]: expected a layer below 36",
      "model.fullAttentionLayers: names a layer twice",
    ]);
  });
});

describe("bad requests", () => {
  test("everything that is wrong is said at once, each with its path", () => {
    const issues = issuesOf({
      model: "gpt-oss-7b",
      quantization: "MXFP5",
      nodes: [
        { name: "a", chip: "m4max64", memoryBytes: -1 },
        { name: "b", chip: "Cray-1" },
        { name: "b", chip: "m4max64", reserveBytes: -3 },
        { name: "c", effBytesPerSec: Number.NaN, budgetByte: 5 },
        { name: "d", chip: "m4max64" },
        { name: "d", chip: "m4max64", cordoned: "yes" },
      ],
      links: [
        { from: "a", to: "a", alphaSec: 0.001, bytesPerSec: 1e9 },
        { from: "a", to: "z", alphaSec: -1, bytesPerSec: 0 },
        { from: "d", to: "y", alphaSec: 0.001, bytesPerSec: 1e9 },
        { from: "a", to: "d", alphaSec: 0.001, bytesPerSec: 1e9 },
        { from: "a", to: "d", alphaSec: 0.001, bytesPerSec: 1e9 },
      ],
      workload: { contextTokens: 0, concurrency: 1.5 },
      objective: "speed",
      minNodes: 3,
      maxNodes: 2,
      extra: 1,
    });
    const paths = issues.map((issue) => issue.slice(0, issue.indexOf(":")));
    expect(paths).toEqual(
      expect.arrayContaining([
        "extra",
        "quantization",
        "model",
        "nodes[0].memoryBytes",
        "nodes[1]",
        "nodes[1].chip",
        "nodes[2].reserveBytes",
        "nodes[3].effBytesPerSec",
        "nodes[3]",
        "nodes[5].cordoned",
        "links[0]",
        "links[1].alphaSec",
        "links[1].bytesPerSec",
        "links[2].to",
        "links[4]",
        "workload.contextTokens",
        "workload.concurrency",
        "objective",
        "minNodes",
      ]),
    );
    expect(issues).toContain('nodes[1].chip: chip "Cray-1" is unknown; give effBytesPerSec');
    expect(issues).toContain("nodes[3]: unknown field budgetByte");
    expect(issues).toContain('links[2].to: there is no node "y"');
    expect(issues).toContain('links[0]: links "a" to itself');
    expect(issues).toContain("minNodes: expected at most maxNodes (2)");
    for (const issue of issues) expect(issue).not.toMatch(/undefined|\[object|Invalid/);
  });

  test("a part with one mistake does not hide its others", () => {
    const nodes = [
      { name: "a", chip: "m4max64", memoryBytes: -1 },
      { name: "a", chip: "m4max64" },
      { name: "b", cordoned: "yes" },
    ];
    const links = [
      { from: "a", to: "a", alphaSec: 0.001, bytesPerSec: 0 },
      { from: "a", to: "ghost", alphaSec: Number.NaN, bytesPerSec: 1e9 },
    ];
    const measurements = [
      {
        stages: [{ node: "ghost", startLayer: 0, endLayer: 36 }],
        contextTokens: 8192,
        stepSec: Number.POSITIVE_INFINITY,
      },
    ];
    const pins = [{ node: "ghost", startLayer: "0", endLayer: 2 }];
    expect(issuesOf({ ...minimal, nodes, links, measurements, pins })).toEqual([
      "nodes[0].memoryBytes: expected more than 0, found -1",
      'nodes[2].cordoned: expected true or false, found "yes"',
      'nodes[1].name: "a" is used twice',
      "nodes[2]: needs budgetBytes or memoryBytes (or a chip with its memory, such as m4max64)",
      "nodes[2]: needs a chip or effBytesPerSec",
      "links[0].bytesPerSec: expected at least 1, found 0",
      "links[1].alphaSec: expected a number, found NaN",
      'links[0]: links "a" to itself',
      'links[1].to: there is no node "ghost"',
      'pins[0].startLayer: expected a number, found "0"',
      'pins[0].node: there is no node "ghost"',
      "measurements[0].stepSec: expected a number, found Infinity",
      'measurements[0].stages[0].node: there is no node "ghost"',
    ]);
  });

  test("numbers beyond any machine are refused, each once", () => {
    const nodes = [
      { name: "a", chip: "m4max64", overheadSecPerLayer: 1e308, budgetBytes: 1e308, effBytesPerSec: 5e-324 },
    ];
    const workload = { contextTokens: 1e20, concurrency: -1e20, batch: 2 ** 53 };
    expect(issuesOf({ ...minimal, nodes, workload, defaultLink: { alphaSec: 1e308, bytesPerSec: 1e-300 } })).toEqual([
      "nodes[0].budgetBytes: expected at most 9007199254740991, found 1e+308",
      "nodes[0].effBytesPerSec: expected at least 1, found 5e-324",
      "nodes[0].overheadSecPerLayer: expected at most 1000000000, found 1e+308",
      "defaultLink.alphaSec: expected at most 1000000000, found 1e+308",
      "defaultLink.bytesPerSec: expected at least 1, found 1e-300",
      "workload.contextTokens: expected at most 1000000000, found 100000000000000000000",
      "workload.concurrency: expected more than 0, found -100000000000000000000",
      "workload.batch: expected at most 1000000000, found 9007199254740992",
    ]);
  });

  test.each(["m4max0", "m4max999999"])("%s is no chip with a memory", (chip) => {
    expect(issuesOf({ ...minimal, nodes: [{ name: "a", chip }] }).length).toBe(2);
  });

  test("one of several words, and lists with a wrong item", () => {
    const { fullAttentionLayers: _odd, ...model } = aModel();
    expect(issuesOf({ ...minimal, replicas: 2 })).toEqual(['replicas: expected 1 or "auto", found 2']);
    expect(issuesOf({ ...minimal, model })).toEqual(['model.fullAttentionLayers: missing; expected "odd" or a list']);
    expect(issuesOf({ ...minimal, model: { ...model, fullAttentionLayers: [1, "3"] } })).toEqual([
      'model.fullAttentionLayers[1]: expected a number, found "3"',
    ]);
  });

  test("two quantizations that contradict each other", () => {
    const model = { name: "gpt-oss-20b", quantization: "bf16" };
    expect(issuesOf({ ...minimal, model, quantization: "affine-4" })).toEqual([
      "quantization: contradicts model.quantization (bf16)",
    ]);
  });

  test("a tensor split of more than the whole", () => {
    const model = { ...aModel(), tensor: { ways: [2], denseBytesPerLayer: 1e12, expertBytes: 1 } };
    expect(issuesOf({ ...minimal, model })).toEqual([
      "model.tensor.denseBytesPerLayer: expected at most denseBytesPerLayer (28620544), of which it is a part",
    ]);
  });

  test("two nodes of one name", () => {
    const nodes = [...minimal.nodes, ...minimal.nodes];
    expect(issuesOf({ ...minimal, nodes })).toEqual(['nodes[1].name: "a" is used twice']);
  });

  test("37 pinned layers, a pin on nobody, pins that overlap, a pin on a cordoned node", () => {
    const nodes = [...minimal.nodes, { name: "b", chip: "m4max64" }, { name: "c", chip: "m4max64", cordoned: true }];
    const pins = [
      { node: "a", startLayer: 0, endLayer: 37 },
      { node: "x", startLayer: 40, endLayer: 39 },
      { node: "b", startLayer: 30, endLayer: 36 },
      { node: "c", startLayer: -1, endLayer: 2 },
      { node: "c", startLayer: 36, endLayer: 37 },
    ];
    expect(issuesOf({ ...minimal, nodes, pins })).toEqual([
      "pins[3].startLayer: expected at least 0, found -1",
      "pins[0].endLayer: expected at most 36, the layers of gpt-oss-120b",
      'pins[1].node: there is no node "x"',
      "pins[1].endLayer: expected more than startLayer (40)",
      "pins[1].endLayer: expected at most 36, the layers of gpt-oss-120b",
      "pins[2]: overlaps pins[0] (layers 0 to 37, end excluded)",
      "pins[3].node: c is cordoned",
      "pins[3]: overlaps pins[0] (layers 0 to 37, end excluded)",
      "pins[4].node: c is cordoned",
      "pins[4].endLayer: expected at most 36, the layers of gpt-oss-120b",
      "pins[4]: overlaps pins[0] (layers 0 to 37, end excluded)",
      "pins[4].node: c is pinned twice (pins[3])",
    ]);
  });

  test("what runs now must be a placement of this model on these nodes", () => {
    const running = [
      { node: "a", startLayer: 0, endLayer: 20 },
      { node: "ghost", startLayer: 21, endLayer: 30 },
    ];
    expect(issuesOf({ ...minimal, running })).toEqual([
      'running[1].node: there is no node "ghost"',
      "running[1].startLayer: expected 20, where the stage before ends",
      "running: ends at layer 30; expected 36, the layers of gpt-oss-120b",
    ]);
  });

  test.each([[null], [[]], ["nodes"], [3]])("%j is no request", (document) => {
    expect(issuesOf(document)).toEqual([": expected a mapping with nodes, links and model"]);
  });

  test("an empty mapping names what is missing", () => {
    expect(issuesOf({}).map((issue) => issue.split(":")[0])).toEqual(["model", "nodes"]);
  });

  test("lists that are no lists", () => {
    expect(issuesOf({ ...minimal, links: {}, pins: "a" })).toEqual(["links: expected a list", "pins: expected a list"]);
  });
});
