import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { renderApply } from "../../../src/cli/render/apply-view.js";
import { renderConversion } from "../../../src/cli/render/convert-view.js";
import { renderDiscovered } from "../../../src/cli/render/discover-view.js";
import { renderModelList } from "../../../src/cli/render/model-list-view.js";
import { type Page, textWidth } from "../../../src/cli/render/page.js";
import { renderPlan } from "../../../src/cli/render/plan-view.js";
import { renderStatus } from "../../../src/cli/render/status-view.js";
import type { ConvertSummary } from "../../../src/controller/convert-api.js";
import type { DiscoveredHost } from "../../../src/controller/status-report.js";
import type { Infeasible } from "../../../src/plan/plan-result.js";
import { aModelListing } from "./model-list-sample.js";
import { aPlan, aStatus, aStatusOfCopies, colorPage, plainPage } from "./view-samples.js";

const infeasible: Infeasible = {
  kind: "infeasible",
  model: "gpt-oss-120b",
  objective: "latency",
  replicas: [],
  reasons: [{ code: "reserve", message: "Each node keeps 3 GiB free." }],
  shortfalls: [
    {
      code: "memory",
      bytes: 21 * 2 ** 30,
      message: "The nodes together are short of memory.",
      fix: "Add a node with 64 GB, or lower serve.context from 131072 to 32768.",
    },
  ],
};

const hosts: readonly DiscoveredHost[] = [
  { name: "studio-1", address: "10.0.0.11:8417", kind: "agent", usable: true, why: "enrolled, exo 1.0.71 answers" },
  {
    name: "studio-2",
    address: "10.0.0.12:8417",
    kind: "agent",
    usable: false,
    why: "not enrolled: run the command of `exoctl token create` there",
  },
  { name: "Büro-Mac", address: "10.0.0.19", kind: "mac", usable: false, why: "no agent runs there" },
];

const apart = {
  code: "transports",
  exos: ["studio-3", "studio-4"],
  message: "exo up to 1.0.71 (libp2p: studio-3) and newer exo (zenoh: studio-4) cannot talk to each other",
  fix: "Install the same version of exo on all of them.",
} as const;

const exoHosts: readonly DiscoveredHost[] = [
  {
    name: "studio-3",
    address: "10.0.0.13:52415",
    kind: "exo",
    usable: true,
    why: "exo 1.0.71 without an agent: exoctl up --exo 10.0.0.13:52415 drives it",
    generation: "1.x",
    variant: "1.0.71",
    problems: [apart],
  },
  {
    name: "studio-4",
    address: "fe80::4%en0",
    kind: "exo",
    usable: false,
    why: "exo runs there, but its HTTP API does not answer",
    generation: "1.x",
    problems: [apart],
  },
  {
    name: "Büro Studio",
    address: "10.0.0.19",
    kind: "mac",
    usable: false,
    why: "Mac Studio (2025, M3 Ultra), macOS 26, no agent: `exoctl token create --for Buro-Studio` prints what to run on it",
  },
];

const summary = {
  generation: 4,
  changed: true,
  steps: [
    { action: "ensure-entry", node: "studio-1", outcome: "created" },
    { action: "ensure-entry", node: "studio-2", outcome: "unchanged" },
    { action: "create-instance", node: null, outcome: "failed: exo answered 422" },
  ],
};

const conversion: ConvertSummary = {
  node: "studio-1",
  source: "openai/gpt-oss-120b",
  target: "local/gpt-oss-120b-4bit",
  quantization: "affine-4",
  plan: {
    steps: [
      { into: "bf16", args: ["-d", "--dtype", "bfloat16"], expected: { bytes: 233_658_313_344, sureness: "exact" } },
      {
        into: "affine-4",
        args: ["-q", "--q-bits", "4", "--q-group-size", "64", "--dtype", "bfloat16"],
        expected: { bytes: 65_780_993_664, sureness: "estimated" },
      },
    ],
    needs: { diskBytes: 300_513_048_832, memoryBytes: 20_500_000_000 },
    mlxLmVersion: "0.32.2",
    freeDiskBytes: 812_000_000_000,
    availableMemoryBytes: 90_000_000_000,
  },
  result: { layers: 36, weightBytes: 65_780_993_664, bitsPerWeight: 4.504, tookMs: 734_500 },
};

const views: Readonly<Record<string, (page: Page) => readonly string[]>> = {
  status: (page) => renderStatus(aStatus, page),
  copies: (page) => renderStatus(aStatusOfCopies, page),
  plan: (page) => renderPlan(aPlan, page),
  infeasible: (page) => renderPlan(infeasible, page),
  discover: (page) => renderDiscovered(hosts, page),
  "discover-exo": (page) => renderDiscovered(exoHosts, page),
  apply: (page) => renderApply(summary, page),
  conversion: (page) => renderConversion(conversion, page),
  "conversion-dry-run": (page) => renderConversion({ ...conversion, result: null }, page),
  "model-list": (page) => renderModelList(aModelListing, page),
};

describe.each(Object.entries(views))("the %s view", (name, view) => {
  test.each([60, 80, 120])("looks as expected at %i columns and stays within them", async (width) => {
    const lines = view(plainPage(width));
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`expected/${name}-${width}.txt`);
  });

  test("says the same with colour as without", () => {
    const colored = view(colorPage(80));
    expect(colored.join("\n")).not.toEqual(view(plainPage(80)).join("\n"));
    expect(colored.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(view(plainPage(80)));
  });
});

test("an empty cluster says what to do next", () => {
  const lines = renderStatus({ ...aStatus, nodes: [], models: [], problems: [] }, plainPage(80)).join("\n");
  expect(lines).toContain("exoctl token create");
  expect(lines).toContain("exoctl run gpt-oss-120b");
});

test("an empty network says what to do next", () => {
  expect(renderDiscovered([], plainPage(80)).join(" ")).toContain("exoctl agent");
});

test("applying again says that nothing changed", () => {
  expect(renderApply({ generation: 4, changed: false, steps: [] }, plainPage(80))).toEqual([
    "✓ Nothing to change · generation 4",
  ]);
  const unchanged = {
    generation: 4,
    changed: false,
    steps: [{ action: "ensure-entry", node: "studio-1", outcome: "unchanged" }],
  };
  expect(renderApply(unchanged, plainPage(80)).at(-1)).toBe("Nothing changed · generation 4");
});

test("a plan of several copies shows each with its own rate", () => {
  const [replica] = aPlan.replicas;
  if (replica === undefined) throw new Error("the sample has one replica");
  const two = { ...aPlan, replicas: [replica, { ...replica, sharding: "tensor" as const, latencySec: 0.02 }] };
  const text = renderPlan(two, plainPage(120)).join("\n");
  expect(text).toContain("gpt-oss-120b · copy 1 of 2 · 36 layers on 3 nodes · predicted 71.2 tokens/s");
  expect(text).toContain(
    "gpt-oss-120b · copy 2 of 2 · tensor parallel · 36 layers on 3 nodes · predicted 50.0 tokens/s",
  );
});

describe("what exo would do", () => {
  const stages = [{ node: "studio-with-a-long-name", startLayer: 0, endLayer: 36 }];
  const modern = { stages, latencySec: 0.02, periodSec: 0.01 };
  const classic = { error: "exo 0.0.x would start a placement that does not fit", errorCode: "overruns_memory" };
  const linesOf = (facts: object, width = 100) => {
    const lines = renderPlan({ ...aPlan, exoDefault: { modern, classic }, ...facts }, plainPage(width));
    const from = lines.indexOf("What exo would do by itself");
    return lines.slice(from + 1, lines.indexOf("", from + 1));
  };

  test("is compared by what the objective counts", () => {
    const predicted = { ...aPlan.predicted, latencySec: 0.016, periodSec: 0.012, aggregateTokensPerSec: 250 };
    expect(linesOf({ predicted })[0]).toContain("50.0 tokens/s · 25.0 % slower");
    expect(linesOf({ predicted, objective: "bottleneck" })[0]).toContain("slowest stage 10.0 ms · 16.7 % faster");
    const [replica] = aPlan.replicas;
    const replicas = [1, 2].map(() => ({ ...replica, latencySec: 0.016 }));
    expect(linesOf({ predicted, replicas, objective: "throughput" })[0]).toContain("50.0 tokens/s · 150.0 % slower");
  });

  test("stays within a narrow page", () => {
    const lines = linesOf({}, 60);
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(60);
  });

  test("is shown beside a plan that does not exist", () => {
    const lines = renderPlan({ ...infeasible, exoDefault: { modern, classic } }, plainPage(100));
    expect(lines.join("\n")).toContain("exo 0.0.x would start a placement that does not fit");
    expect(renderPlan({ ...infeasible, exoDefault: { modern, classic } }, plainPage(100), { exo: "hidden" })).toEqual(
      renderPlan(infeasible, plainPage(100)),
    );
  });
});

test("what has no place for other reasons than memory is not said to be too large", () => {
  const shortfalls = [{ code: "no_ring", message: "The links allow no ring." }];
  expect(renderPlan({ ...infeasible, shortfalls }, plainPage(80))[0]).toBe(
    "✗ gpt-oss-120b can't be placed on these nodes",
  );
});

test("names from the network can't move the cursor or paint", () => {
  const evil = {
    name: "studio\u001b[2J\u0007\r-1",
    address: "x\u001b]0;title\u0007",
    kind: "mac" as const,
    usable: false,
    why: "a\u001b[31mb",
  };
  const text = renderDiscovered([evil], plainPage(80)).join("\n");
  expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  const status = { ...aStatus, cluster: "a\u001b[2Jb", problems: ["x\u001b[2Jy"] };
  expect(renderStatus(status, plainPage(80)).join("")).not.toMatch(/\p{Cc}/u);
});

test("a cluster without models says what to do next, and text from nodes can't move the cursor", () => {
  const empty = renderModelList({ ...aModelListing, models: [], gaps: [] }, plainPage(80)).join("\n");
  expect(empty).toContain("exoctl run");
  const [model] = aModelListing.models;
  const [row] = model?.nodes ?? [];
  if (model === undefined || row === undefined) throw new Error("no model");
  const evil = "a/\u001b[2Jb\nc";
  const findings = [{ code: "x", message: evil }];
  const files = { ...row.files, linkTo: evil };
  const models = [{ ...model, modelId: evil, servedAs: [evil], nodes: [{ ...row, node: evil, files, findings }] }];
  const lines = renderModelList({ ...aModelListing, models, gaps: [evil] }, plainPage(120));
  expect(lines.join("")).not.toContain("\u001b");
  expect(lines.every((line) => !line.includes("\n"))).toBe(true);
});
