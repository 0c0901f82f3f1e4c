import { mkdirSync, readdirSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { modelId } from "../../src/cluster/names.js";
import type { ConversionProgress } from "../../src/models/convert/conversion.js";
import {
  aCaller,
  type ConversionHouse,
  type ConversionHouseOptions,
  isAlive,
  openConversionHouse,
} from "../support/conversion-house.js";
import { anOrder, publishedFolder } from "../support/conversion-sources.js";
import { smallGptOss } from "../support/fake-model.js";
import { mlxFolder, writeFolder } from "../support/fake-model-files.js";
import { waitUntil } from "../support/wait-until.js";

const { signal } = new AbortController();
const target = "local--gpt-oss-120b-new";
const source = "openai--gpt-oss-120b";

const open: ConversionHouse[] = [];
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

async function aHouse(options: ConversionHouseOptions = {}): Promise<ConversionHouse> {
  const house = await openConversionHouse(options);
  open.push(house);
  return house;
}

/** Begins a conversion and waits until its process has written something. */
async function begun(house: ConversionHouse, until: AbortSignal = signal) {
  const reports: ConversionProgress[] = [];
  const work = house.convert.convert(aCaller, anOrder("bf16"), (report) => reports.push(report), until);
  const outcome = work.then(
    () => "converted",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const written = () => house.names().some((name) => name.startsWith(".exoctl-convert-")) && house.runs().length > 0;
  await waitUntil(written, "the converter to start");
  await waitUntil(
    () => readdirSync(join(house.models, `.exoctl-convert-${target}`)).length > 0,
    "something to be written",
  );
  return { outcome, reports };
}

const failureOf = (house: ConversionHouse, quantization: Parameters<typeof anOrder>[0] = "MXFP4-Q8") =>
  house.convert
    .convert(aCaller, anOrder(quantization), () => {}, signal)
    .then(
      () => "converted",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );

describe("a conversion", () => {
  test("gives a whole model its name at the end, and remembers that exoctl put it there", async () => {
    const house = await aHouse();
    const reports: ConversionProgress[] = [];
    const result = await house.convert.convert(aCaller, anOrder("MXFP4-Q8"), (report) => reports.push(report), signal);
    expect(result).toMatchObject({ target: "local/gpt-oss-120b-new", quantization: "MXFP4-Q8", layers: 4 });
    expect(house.names()).toEqual([target, source]);
    expect(readdirSync(join(house.models, target))).toContain("model.safetensors.index.json");
    expect(await house.placed.placedBy(join(house.models, target))).toBe("convert");
    expect(reports[0]?.phase).toBe("checking");
    expect(reports.at(-1)).toMatchObject({ phase: "inspecting", step: 1, steps: 1 });
    expect(reports.flatMap(({ lines }) => lines)).toContain("[INFO] Quantizing");
    expect(house.runs()).toEqual([expect.stringContaining("-q --q-bits 8 --q-group-size 64 --dtype bfloat16")]);
  });

  test("to affine unpacks first, and leaves nothing of that", async () => {
    const house = await aHouse({ makes: "affine-4" });
    const reports: ConversionProgress[] = [];
    const report = (progress: ConversionProgress): void => void reports.push(progress);
    expect(await house.convert.convert(aCaller, anOrder("affine-4"), report, signal)).toMatchObject({
      quantization: "affine-4",
    });
    const [first = "", second = ""] = house.runs();
    expect(first).toContain("-d --dtype bfloat16");
    expect(second).toContain(`--hf-path ${join(house.models, `.exoctl-convert-${target}`, "step-1")}`);
    expect(house.names()).toEqual([target, source]);
    expect(reports.some(({ step, steps }) => step === 2 && steps === 2)).toBe(true);
  });

  test("shows what is on the disk while the converter is silent", async () => {
    const house = await aHouse({ does: "hangs" });
    const { reports } = await begun(house);
    const isTold = () => reports.some(({ phase, writtenBytes }) => phase === "writing" && writtenBytes === 100_000);
    await waitUntil(isTold, "the size to be told");
    expect(reports.at(-1)?.expectedBytes).toBeGreaterThan(100_000);
  });

  test("takes its source through a link inside the models folders", async () => {
    const house = await aHouse();
    await symlink(join(house.models, source), join(house.models, "me--linked-gpt-oss"));
    const order = { ...anOrder("MXFP4-Q8"), source: modelId("me/linked-gpt-oss") };
    expect(await house.convert.convert(aCaller, order, () => {}, signal)).toMatchObject({ layers: 4 });
  });
});

describe("nothing is left when", () => {
  test.each([
    ["fails while it loads", "a weight file of the source is damaged"],
    ["fails while it writes", "the disk became full while it wrote"],
    ["floods", "ValueError: enough"],
    ["is killed", "ended by SIGKILL"],
    ["writes nothing", "it wrote nothing"],
  ])("the converter %s", async (does, why) => {
    const house = await aHouse({ does });
    expect(await failureOf(house)).toContain(why);
    expect(house.names()).toEqual([source]);
    expect(await house.placed.placedBy(join(house.models, target))).toBeUndefined();
  });

  test.each([
    ["another quantisation", mlxFolder(smallGptOss, "MXFP4-Q4"), "it is not MXFP4-Q8 but MXFP4-Q4"],
    ["an incomplete model", new Map([...mlxFolder(smallGptOss, "MXFP4-Q8")].slice(1)), "it is incomplete"],
  ])("it ends well with %s", async (_what, result, why) => {
    const house = await aHouse({ result });
    expect(await failureOf(house)).toContain(why);
    expect(house.names()).toEqual([source]);
  });

  test("the target's name is taken meanwhile", async () => {
    const house = await aHouse();
    const takeName = ({ phase }: ConversionProgress): void => {
      if (phase === "inspecting") mkdirSync(join(house.models, target, "somebody's"), { recursive: true });
    };
    const work = house.convert.convert(aCaller, anOrder("MXFP4-Q8"), takeName, signal);
    await expect(work).rejects.toMatchObject({ message: expect.stringContaining("is there already") });
    expect(readdirSync(join(house.models, target))).toEqual(["somebody's"]);
    expect(house.names()).toEqual([target, source]);
    expect(await house.placed.placedBy(join(house.models, target))).toBeUndefined();
  });

  test("the caller goes away", async () => {
    const house = await aHouse({ does: "hangs" });
    const caller = new AbortController();
    const { outcome } = await begun(house, caller.signal);
    caller.abort(new Error("gone"));
    expect(await outcome).toBe("the conversion was cancelled, and nothing of it is left");
    expect(house.names()).toEqual([source]);
  });

  test("it is cancelled, also where the converter ignores SIGTERM", async () => {
    const house = await aHouse({ does: "is deaf", stopGraceMs: 100 });
    const { outcome } = await begun(house);
    expect(await house.convert.cancel(aCaller, modelId("local/another"))).toBe("not-running");
    expect(await house.convert.cancel(aCaller, modelId("local/gpt-oss-120b-new"))).toBe("cancelled");
    expect(house.names()).toEqual([source]);
    expect(isAlive(Number.parseInt(house.runs()[0] ?? "", 10))).toBe(false);
    expect(await outcome).toContain("cancelled");
  });

  test("the agent closes", async () => {
    const house = await aHouse({ does: "hangs" });
    const { outcome } = await begun(house);
    await house.convert.close();
    expect(house.names()).toEqual([source]);
    expect(await outcome).toContain("cancelled");
    expect(await failureOf(house)).toBe("the agent is closing");
  });

  test("an earlier agent was killed, once the next one begins", async () => {
    const house = await aHouse();
    const left = join(house.models, `.exoctl-convert-${target}`);
    await mkdir(join(left, "model"), { recursive: true });
    await house.placed.remember(join(house.models, target), "convert");
    await openConversionHouse({ root: house.root });
    expect(house.names()).toEqual([source]);
    expect(await house.placed.placedBy(join(house.models, target))).toBeUndefined();
  });
});

test("processes that the converter leaves behind are ended", async () => {
  const house = await aHouse({ does: "leaves a child" });
  await house.convert.convert(aCaller, anOrder("MXFP4-Q8"), () => {}, signal);
  const pids = house.runs().map((line) => Number.parseInt(line, 10));
  expect(pids).toHaveLength(2);
  await waitUntil(() => pids.every((pid) => !isAlive(pid)), "both to end");
});

test("a node converts one model at a time", async () => {
  const house = await aHouse({ does: "hangs" });
  await begun(house);
  expect(await failureOf(house)).toBe("this node is converting local/gpt-oss-120b-new now");
  const check = await house.convert.check(anOrder("MXFP4-Q8"), signal);
  expect(check).toMatchObject({ kind: "not-possible", obstacles: [{ fix: expect.stringContaining("another node") }] });
  expect(house.names()).toContain(`.exoctl-convert-${target}`);
});

test("without a lease nothing is converted or cancelled", async () => {
  const house = await aHouse();
  const stranger = { ...aCaller, pin: "q" };
  const work = house.convert.convert(stranger, anOrder("MXFP4-Q8"), () => {}, signal);
  await expect(work).rejects.toMatchObject({ code: "other_controller" });
  await expect(house.convert.cancel(stranger, modelId("a/b"))).rejects.toMatchObject({ code: "other_controller" });
  expect(house.runs()).toEqual([]);
});

describe("the checks find", () => {
  const obstacles = async (options: ConversionHouseOptions, prepare = async (_house: ConversionHouse) => {}) => {
    const house = await aHouse(options);
    await prepare(house);
    const before = house.names();
    const check = await house.convert.check(anOrder("MXFP4-Q8"), signal);
    expect([house.runs(), house.names()]).toEqual([[], before]);
    return check.kind === "possible" ? ["possible"] : check.obstacles.map(({ why }) => why);
  };

  test("nothing where everything is there, and change nothing", async () => {
    expect(await obstacles({})).toEqual(["possible"]);
  });

  test.each([
    ["an old mlx-lm", { does: "is old" }, "mlx-lm 0.27.1 is too old"],
    ["a Python without mlx_lm", { does: "breaks" }, "No module named 'mlx_lm'"],
    ["no Python at all", { converter: "none" }, "this agent knows no Python with mlx_lm"],
    ["a full disk", { folders: { freeBytes: async () => 5e8 } }, "of disk space, and 0.5 GB are free"],
  ] as const)("%s", async (_what, options, why) => {
    expect(await obstacles(options)).toEqual([expect.stringContaining(why)]);
  });

  test("several things at once", async () => {
    const folders = { freeBytes: async () => 0 };
    expect(await obstacles({ does: "is old", folders })).toHaveLength(2);
  });

  test("too little memory", async () => {
    // The fake Mac has 96 GB: a model whose layers are as large as that.
    const huge = { ...smallGptOss, hiddenSize: 65_536, intermediateSize: 65_536, experts: 16 };
    const prepare = async ({ models }: ConversionHouse) => writeFolder(join(models, source), publishedFolder(huge));
    const folders = { freeBytes: async () => Number.MAX_SAFE_INTEGER };
    expect(await obstacles({ folders }, prepare)).toEqual([expect.stringContaining("of memory")]);
  });

  test("a target that is there, even as a file", async () => {
    const prepare = async ({ models }: ConversionHouse) => await writeFile(join(models, target), "");
    expect(await obstacles({}, prepare)).toEqual([expect.stringContaining("on this node already")]);
  });

  test("a source that is a link to somewhere else", async () => {
    const house = await aHouse();
    await symlink(tmpdir(), join(house.models, "me--gpt-oss-link"));
    const check = await house.convert.check({ ...anOrder("bf16"), source: modelId("me/gpt-oss-link") }, signal);
    expect(check).toMatchObject({ obstacles: [{ why: expect.stringContaining("there is no model me/gpt-oss-link") }] });
  });
});
