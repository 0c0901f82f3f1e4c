import { describe, expect, test } from "vitest";
import { modelId, nodeName } from "../../src/cluster/names.js";
import type { RegistryReport } from "../../src/cluster/registry-report.js";
import type { ConvertRequest } from "../../src/controller/convert-api.js";
import { createConvertApi } from "../../src/controller/convert-model.js";
import type { ProgressLine } from "../../src/controller/progress-line.js";
import { AgentRefusedError, AgentUnreachableError } from "../../src/inventory/agent-link.js";
import type { ConvertLink } from "../../src/inventory/convert-link.js";
import type { CheckedConversion, ConversionProgress, ConversionResult } from "../../src/models/convert/conversion.js";
import { Problem } from "../../src/runtime/problem.js";
import { aClusterView, aLink, silence } from "../support/controller-house.js";

const { signal } = new AbortController();
const source = "openai/gpt-oss-120b";

const plan: CheckedConversion = {
  steps: [{ into: "MXFP4-Q8", args: ["-q"], expected: { bytes: 63e9, sureness: "exact" } }],
  needs: { diskBytes: 64e9, memoryBytes: 11e9 },
  mlxLmVersion: "0.32.2",
  freeDiskBytes: 500e9,
  availableMemoryBytes: 90e9,
};
const result: ConversionResult = {
  target: modelId("local/gpt-oss-120b-MXFP4-Q8"),
  quantization: "MXFP4-Q8",
  layers: 36,
  weightBytes: 63e9,
  bitsPerWeight: 4.33,
  tookMs: 90_000,
};
const progress = (change: Partial<ConversionProgress>): ConversionProgress => ({
  phase: "writing",
  step: 1,
  steps: 1,
  writtenBytes: 0,
  expectedBytes: 63e9,
  lines: [],
  ...change,
});

/** Nodes of which those named have the source, all converting as `change` says. */
function someNodes(having: readonly string[], change: Partial<ConvertLink> = {}) {
  const orders: { node: string; order: unknown }[] = [];
  const told: ProgressLine[] = [];
  const nodes = ["studio-1", "studio-2"];
  const registryOf = (node: string): RegistryReport => ({
    cards: [],
    models: having.includes(node) ? [{ modelId: source, complete: true }] : [],
  });
  const convertOn = (node: string): ConvertLink => ({
    check: async () => ({ kind: "possible", conversion: plan }),
    convert: async (order, report) => {
      orders.push({ node, order });
      report(progress({ phase: "loading", lines: ["[INFO] Loading"] }));
      report(progress({ writtenBytes: 6.3e9 }));
      return { ...result, target: order.target, quantization: order.quantization };
    },
    cancel: async () => "not-running",
    ...change,
  });
  const registries = new Map(nodes.map((node) => [nodeName(node), registryOf(node)]));
  const api = createConvertApi({
    observe: async () => ({ ...aClusterView(nodes), registries }),
    agent: (node) => (nodes.includes(node) ? aLink(node, { convert: convertOn(node) }) : undefined),
  });
  const convert = (request: Partial<ConvertRequest> = {}, until = signal) =>
    api.convert({ source, quantization: "MXFP4-Q8", mode: "convert", ...request }, (line) => told.push(line), until);
  return { api, convert, orders, told };
}

const problemOf = (work: Promise<unknown>): Promise<Problem> =>
  work.then(
    () => {
      throw new Error("there was no problem");
    },
    (error: unknown) => {
      if (error instanceof Problem) return error;
      throw error;
    },
  );

describe("a conversion", () => {
  test("runs on the only node that has the source, and tells how far it is", async () => {
    const { convert, orders, told } = someNodes(["studio-2"]);
    const { target: _target, quantization: _quantization, ...found } = result;
    expect(await convert()).toEqual({
      node: "studio-2",
      source,
      target: "local/gpt-oss-120b-MXFP4-Q8",
      quantization: "MXFP4-Q8",
      plan,
      result: found,
    });
    expect(orders.map(({ node }) => node)).toEqual(["studio-2"]);
    expect(told.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      "begin check openai/gpt-oss-120b on studio-2",
      "end check openai/gpt-oss-120b on studio-2",
      "begin convert to local/gpt-oss-120b-MXFP4-Q8 (MXFP4-Q8)",
      "info mlx_lm: [INFO] Loading",
      "note loading",
      "note writing 6.3 of 63.0 GB (10 %)",
      "end convert to local/gpt-oss-120b-MXFP4-Q8 (MXFP4-Q8)",
    ]);
  });

  test("runs on the node and gets the name that were asked for", async () => {
    const { convert, orders } = someNodes(["studio-1", "studio-2"]);
    await convert({ node: "studio-1", target: "me/gpt-oss", quantization: "affine-4" });
    expect(orders).toEqual([{ node: "studio-1", order: { source, target: "me/gpt-oss", quantization: "affine-4" } }]);
  });

  test("that is a dry run is only checked", async () => {
    const { convert, orders } = someNodes(["studio-1"]);
    expect(await convert({ mode: "dry-run" })).toMatchObject({ plan, result: null });
    expect(orders).toEqual([]);
  });
});

describe("a conversion is not begun", () => {
  test.each([
    [["studio-1", "studio-2"], {}, "usage", "several_sources", "studio-1, studio-2 have the model"],
    [[], {}, "usage", "no_source", "no node has the model"],
    [["studio-1"], { node: "studio-9" }, "unreachable", "no_agent", "no agent answers on studio-9"],
    [["studio-1"], { source: "gpt-oss" }, "usage", "bad_model_id", '"gpt-oss" is not a model id'],
    [["studio-1"], { target: "../x" }, "usage", "bad_model_id", '"../x" is not a model id'],
  ] as const)("%j %j", async (having, request, kind, code, message) => {
    const { convert, orders } = someNodes(having);
    const problem = await problemOf(convert(request));
    expect(problem).toMatchObject({ kind, code, message: expect.stringContaining(message) });
    expect(problem.hint).toBeDefined();
    expect(orders).toEqual([]);
  });

  test("when something stands in its way: all of it is told, and what to do", async () => {
    const obstacles = [
      { why: "it needs 64.0 GB of disk space", fix: "Remove what is not needed." },
      { why: "mlx-lm is too old", fix: "Update it." },
    ];
    const { convert } = someNodes(["studio-1"], { check: async () => ({ kind: "not-possible", obstacles }) });
    expect(await problemOf(convert())).toMatchObject({
      code: "conversion_not_possible",
      message: "studio-1 can't do this conversion: it needs 64.0 GB of disk space; mlx-lm is too old",
      hint: "Remove what is not needed. Update it.",
    });
  });
});

describe("a conversion that fails", () => {
  test("gives the agent's sentence", async () => {
    const convertFails = async () => {
      throw new AgentRefusedError("not_possible", "mlx_lm failed with code 1");
    };
    const { convert } = someNodes(["studio-1"], { convert: convertFails });
    expect(await problemOf(convert())).toMatchObject({ message: "studio-1: mlx_lm failed with code 1" });
  });

  test("for want of the agent says what became of it", async () => {
    const agentGoes = async () => {
      throw new AgentUnreachableError("agent_unreachable", "it cannot be reached");
    };
    const { convert } = someNodes(["studio-1"], { convert: agentGoes });
    expect(await problemOf(convert())).toMatchObject({ kind: "unreachable", code: "node_unreachable" });
  });
});

describe("cancelling", () => {
  test("reaches the node that is converting, and nobody afterwards", async () => {
    const cancelled: string[] = [];
    let stop: (error: Error) => void = () => {};
    const { api, convert, told } = someNodes(["studio-1"], {
      convert: () =>
        new Promise((_, reject) => {
          stop = reject;
        }),
      cancel: async (target) => {
        cancelled.push(target);
        stop(new AgentRefusedError("not_possible", "the conversion was cancelled, and nothing of it is left"));
        return "cancelled";
      },
    });
    const work = problemOf(convert());
    await expect.poll(() => told.at(-1)?.text, { timeout: 20_000 }).toContain("convert to");
    const target = "local/gpt-oss-120b-MXFP4-Q8";
    expect(await api.cancelConversion({ target: "local/another" })).toEqual({ node: null });
    expect(await api.cancelConversion({ target })).toEqual({ node: "studio-1" });
    expect((await work).message).toContain("nothing of it is left");
    expect(await api.cancelConversion({ target })).toEqual({ node: null });
    expect(cancelled).toEqual([target]);
  });

  test("happens as well when the client goes away", async () => {
    const { convert, told } = someNodes(["studio-1"], { convert: (_order, _report, until) => silence(until) });
    const client = new AbortController();
    const work = convert({}, client.signal);
    await expect.poll(() => told.at(-1)?.text, { timeout: 20_000 }).toContain("convert to");
    client.abort(new Error("gone"));
    await expect(work).rejects.toThrow("gone");
  });
});
