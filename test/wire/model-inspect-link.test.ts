import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { modelId } from "../../src/cluster/names.js";
import { totalWeightBytes } from "../../src/models/model-bytes.js";
import { type AgentHouse, openAgentHouse } from "../support/agent-house.js";
import { smallGptOss } from "../support/fake-model.js";
import { mlxFolder, shardsOf, writeFolder } from "../support/fake-model-files.js";

const { signal } = new AbortController();
let house: AgentHouse;
let folder: string;

beforeAll(async () => {
  house = await openAgentHouse();
  [folder = ""] = house.registry.localModelsFolders ?? [];
  writeFolder(join(folder, "gpt-oss-tiny-4bit"), mlxFolder(smallGptOss, "MXFP4-Q4"));
});
afterAll(() => house.close());

const inspect = (id: string) => house.link(house.controller).inspectModel(modelId(id), signal);

describe("inspecting a model through its agent", () => {
  test("gives spec and entry facts with the true size, without a lease", async () => {
    const found = await inspect("local/gpt-oss-tiny-4bit");
    expect(found).toMatchObject({
      modelId: "local/gpt-oss-tiny-4bit",
      verdict: "complete",
      quantization: "MXFP4-Q4",
      facts: { layers: smallGptOss.layers, hiddenSize: 128, kvHeads: 2, family: "gpt-oss", quantization: "MXFP4-Q4" },
      spec: { layers: smallGptOss.layers, fullAttentionLayers: "odd", slidingWindow: 128 },
    });
    if (found?.spec === undefined) throw new Error("no spec");
    expect(totalWeightBytes(found.spec)).toBe(found.facts?.storageBytes);
  });

  test("finds nothing where nothing is", async () => {
    expect(await inspect("local/other")).toBeUndefined();
  });

  test("says what is wrong with files that are no use, as an answer", async () => {
    const files = mlxFolder(smallGptOss, "MXFP4-Q8");
    writeFolder(
      join(folder, "half"),
      new Map([...files].filter(([name]) => name !== "model-00002-of-00003.safetensors")),
    );
    const found = await inspect("local/half");
    expect(found).toMatchObject({ verdict: "incomplete" });
    expect(found?.facts).toBeUndefined();
    expect(found?.spec).toBeUndefined();
    expect(found?.findings[0]).toMatchObject({ severity: "incomplete", file: "model-00002-of-00003.safetensors" });
  });

  test("survives hostile files: a header that claims to be huge, deep JSON, a thousand faults", async () => {
    const hostile = join(folder, "hostile");
    writeFolder(hostile, shardsOf([], 1));
    await mkdir(hostile, { recursive: true });
    await writeFile(join(hostile, "config.json"), `${"[".repeat(100_000)}`);
    for (let at = 0; at < 200; at += 1)
      await writeFile(join(hostile, `model-${at}.safetensors`), Buffer.alloc(16, 255));
    const found = await inspect("local/hostile");
    expect(found?.verdict).toBe("broken");
    expect(found?.findings.length).toBeLessThanOrEqual(50);
  });

  test.each(["../x", "local/..", "/etc/passwd", "local/a/b"])("%j is refused", async (id) => {
    await expect(house.link(house.controller).inspectModel(id as never, signal)).rejects.toMatchObject({
      code: "invalid",
    });
  });

  test("a stranger is told nothing", async () => {
    await expect(
      house.link(house.stranger).inspectModel(modelId("local/gpt-oss-tiny-4bit"), signal),
    ).rejects.toThrowError();
  });
});
