import { readdirSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { modelId } from "../../src/cluster/names.js";
import type { ConversionProgress } from "../../src/models/convert/conversion.js";
import { type AgentHouse, openAgentHouse } from "../support/agent-house.js";
import { type ConversionHouse, openConversionHouse } from "../support/conversion-house.js";
import { anOrder } from "../support/conversion-sources.js";
import { waitUntil } from "../support/wait-until.js";

const { signal } = new AbortController();
const target = modelId("local/gpt-oss-120b-new");
const source = "openai--gpt-oss-120b";

const open: { readonly close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const { close } of open.splice(0)) await close();
});

/** An agent that converts, and its controller with a lease. */
async function aNode(does = "converts") {
  let conversions: ConversionHouse | undefined;
  const agent: AgentHouse = await openAgentHouse({
    modelConvert: async (authority) => {
      conversions = await openConversionHouse({ does, authority });
      return conversions.convert;
    },
  });
  open.push(agent, { close: async () => await conversions?.close() });
  const link = agent.link(agent.controller);
  await link.takeLease(1, signal);
  const names = (): readonly string[] => readdirSync(conversions?.models ?? "").toSorted();
  return { agent, link, names };
}

/** Begins a conversion that does not end by itself. */
async function hanging() {
  const node = await aNode("hangs");
  const stop = new AbortController();
  const reports: ConversionProgress[] = [];
  const work = node.link.convert.convert(anOrder("bf16"), (report) => reports.push(report), stop.signal);
  const outcome = work.then(
    () => "converted",
    (error: unknown) => error,
  );
  await waitUntil(() => reports.some(({ phase }) => phase === "writing"), "the conversion to write");
  return { ...node, stop, reports, outcome };
}

describe("over gRPC", () => {
  test("a check tells what would be done and what that needs", async () => {
    const { link, names } = await aNode();
    const check = await link.convert.check(anOrder("affine-4"), signal);
    if (check.kind !== "possible") throw new Error("it is possible");
    const { steps, needs, mlxLmVersion, freeDiskBytes, availableMemoryBytes } = check.conversion;
    expect(steps.map(({ into, args }) => [into, args[0]])).toEqual([
      ["bf16", "-d"],
      ["affine-4", "-q"],
    ]);
    expect(steps[0].expected.sureness).toBe("exact");
    expect(mlxLmVersion).toBe("0.32.2");
    expect(needs.diskBytes).toBeLessThan(freeDiskBytes);
    expect(needs.memoryBytes).toBeLessThan(availableMemoryBytes);
    expect(names()).toEqual([source]);
  });

  test("an obstacle comes with what to do about it", async () => {
    const { link } = await aNode();
    const check = await link.convert.check({ ...anOrder("bf16"), source: modelId("no/such") }, signal);
    expect(check).toMatchObject({
      kind: "not-possible",
      obstacles: [{ why: expect.stringContaining("no/such"), fix: expect.stringContaining("no--such") }],
    });
  });

  test("a conversion tells how far it is, and ends with what was found", async () => {
    const { link, names } = await aNode();
    const reports: ConversionProgress[] = [];
    const result = await link.convert.convert(anOrder("MXFP4-Q8"), (report) => reports.push(report), signal);
    expect(result).toMatchObject({ target, quantization: "MXFP4-Q8", layers: 4 });
    expect(result.weightBytes).toBeGreaterThan(0);
    expect(reports.map(({ phase }) => phase)).toContain("checking");
    expect(names()).toEqual(["local--gpt-oss-120b-new", source]);
  });

  test("a failure is the agent's own sentence, with mlx_lm's last words", async () => {
    const { link, names } = await aNode("fails while it writes");
    await expect(link.convert.convert(anOrder("MXFP4-Q8"), () => {}, signal)).rejects.toMatchObject({
      code: "not_possible",
      message: expect.stringContaining("the disk became full"),
    });
    expect(names()).toEqual([source]);
  });

  test("an order with odd ids or words is refused before anything is looked at", async () => {
    const { link } = await aNode();
    const bad = [
      { ...anOrder("bf16"), source: "../etc" },
      { ...anOrder("bf16"), target: "a/../b" },
      { ...anOrder("bf16"), quantization: "int3" },
    ] as never[];
    for (const order of bad)
      await expect(link.convert.convert(order, () => {}, signal)).rejects.toMatchObject({ code: "invalid" });
  });

  test("nobody converts without the lease", async () => {
    const { agent, names } = await aNode();
    const other = agent.link(agent.controller);
    await expect(other.convert.convert(anOrder("bf16"), () => {}, signal)).rejects.toMatchObject({
      code: "stale_term",
    });
    await expect(other.convert.cancel(target, signal)).rejects.toMatchObject({ code: "stale_term" });
    const stranger = agent.link(agent.stranger);
    await expect(stranger.convert.check(anOrder("bf16"), signal)).rejects.toThrow();
    expect(names()).toEqual([source]);
  });
});

describe("a conversion under way", () => {
  test("is cancelled by a call that answers when nothing is left", async () => {
    const { link, names, outcome } = await hanging();
    expect(await link.convert.cancel(modelId("a/gpt-oss"), signal)).toBe("not-running");
    expect(await link.convert.cancel(target, signal)).toBe("cancelled");
    expect(names()).toEqual([source]);
    expect(await outcome).toMatchObject({ message: "the conversion was cancelled, and nothing of it is left" });
  });

  test("ends with the call", async () => {
    const { stop, names } = await hanging();
    stop.abort(new Error("enough"));
    await waitUntil(() => names().length === 1, "everything to be removed");
  });

  test("outlives its link: a controller that has lost an agent for a moment dials it anew", async () => {
    const { agent, link, names, reports, outcome } = await hanging();
    await link.close();
    const before = reports.length;
    await waitUntil(() => reports.length > before, "another report");
    const anew = agent.link(agent.controller);
    await anew.takeLease(1, signal);
    expect(await anew.convert.cancel(target, signal)).toBe("cancelled");
    expect(await outcome).toBeInstanceOf(Error);
    expect(names()).toEqual([source]);
  });
});
