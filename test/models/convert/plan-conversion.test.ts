import { describe, expect, test } from "vitest";
import { planConversion } from "../../../src/models/convert/plan-conversion.js";
import { gptOss120b } from "../../../src/models/gpt-oss-architecture.js";
import type { Quantization } from "../../../src/models/model-spec.js";
import {
  anOrder,
  inspected,
  llamaFolder,
  originalFolder,
  publishedFolder,
  unpackedFolder,
} from "../../support/conversion-sources.js";
import { smallGptOss } from "../../support/fake-model.js";
import { type FakeFolder, mlxFolder } from "../../support/fake-model-files.js";

async function plan(folder: FakeFolder, into: Quantization, target?: string) {
  const { inspection, config } = await inspected(folder);
  return planConversion(anOrder(into, target), inspection, config);
}

async function stepsOf(folder: FakeFolder, into: Quantization) {
  const planned = await plan(folder, into);
  if (planned.kind === "refused") throw new Error(planned.why);
  return planned.plan.steps;
}

const refusal = async (folder: FakeFolder, into: Quantization, target?: string) => {
  const planned = await plan(folder, into, target);
  return planned.kind === "refused" ? planned : undefined;
};

describe("the files that OpenAI publishes on Hugging Face", () => {
  test.each([
    ["MXFP4-Q8", ["-q --q-bits 8 --q-group-size 64 --dtype bfloat16"]],
    ["MXFP4-Q4", ["-q --q-bits 4 --q-group-size 64 --dtype bfloat16"]],
    ["bf16", ["-d --dtype bfloat16"]],
    ["affine-4", ["-d --dtype bfloat16", "-q --q-bits 4 --q-group-size 64 --dtype bfloat16"]],
    ["affine-8", ["-d --dtype bfloat16", "-q --q-bits 8 --q-group-size 64 --dtype bfloat16"]],
  ] as const)("become %s in %j", async (into, args) => {
    const steps = await stepsOf(publishedFolder(), into);
    expect(steps.map((step) => step.args.join(" "))).toEqual(args);
    expect(steps.at(-1)?.into).toBe(into);
  });

  test.each(["MXFP4-Q8", "MXFP4-Q4", "affine-4", "affine-8", "bf16"] as const)(
    "become %s in exactly the bytes that a result has",
    async (into) => {
      const result = (await inspected(mlxFolder(smallGptOss, into))).inspection.facts?.bytes.total;
      const last = (await stepsOf(publishedFolder(), into)).at(-1);
      expect(last?.expected).toEqual({ bytes: result, sureness: "exact" });
    },
  );

  test("become something of a size that is only estimated where rows are no whole number of groups", async () => {
    const [step] = await stepsOf(publishedFolder({ ...smallGptOss, hiddenSize: 160 }), "MXFP4-Q8");
    expect(step?.expected.sureness).toBe("estimated");
    expect(Number.isSafeInteger(step?.expected.bytes)).toBe(true);
  });

  test("of gpt-oss-120b need what the placement reference says, twice over where they are unpacked on the way", async () => {
    const small = await plan(publishedFolder(gptOss120b), "MXFP4-Q8");
    const large = await plan(publishedFolder(gptOss120b), "affine-4");
    if (small.kind === "refused" || large.kind === "refused") throw new Error("both are possible");
    expect(small.plan.steps[0].expected.bytes).toBe(63_254_703_744);
    expect(small.plan.needs.diskBytes).toBe(63_254_703_744 + 2 ** 30);
    expect(large.plan.steps.map(({ expected }) => expected.bytes)).toEqual([233_658_313_344, 65_780_993_664]);
    expect(large.plan.needs.diskBytes).toBe(233_658_313_344 + 65_780_993_664 + 2 ** 30);
    // One output file, two layers of 1.75 GB and of 6.49 GB, and Python.
    expect(small.plan.needs.memoryBytes / 1e9).toBeCloseTo(11.0, 1);
    expect(large.plan.needs.memoryBytes / 1e9).toBeCloseTo(20.5, 1);
  });
});

describe("a bf16 result of an earlier conversion", () => {
  test("becomes affine in one step", async () => {
    const steps = await stepsOf(mlxFolder(smallGptOss, "bf16"), "affine-4");
    expect(steps.map((step) => step.args.join(" "))).toEqual(["-q --q-bits 4 --q-group-size 64 --dtype bfloat16"]);
  });

  test("can't become MXFP4, nor what it is already", async () => {
    expect((await refusal(mlxFolder(smallGptOss, "bf16"), "MXFP4-Q8"))?.why).toContain("has no option");
    expect((await refusal(mlxFolder(smallGptOss, "bf16"), "bf16"))?.why).toContain("already");
  });
});

describe("a source is refused with the reason and what to do", () => {
  test("OpenAI's original layout", async () => {
    const refused = await refusal(originalFolder(), "MXFP4-Q8");
    expect(refused?.why).toContain("mlx_lm.convert can't convert them");
    expect(refused?.fix).toContain("everything outside original/");
  });

  test.each(["MXFP4-Q8", "MXFP4-Q4", "affine-4", "affine-8"] as const)("a conversion to %s", async (is) => {
    const refused = await refusal(mlxFolder(smallGptOss, is), "bf16");
    expect(refused?.why).toContain(`quantised already (${is})`);
    expect(refused?.fix).toContain("the model that they were made from");
  });

  test("an unpacked gpt-oss in Hugging Face's layout, which mlx-lm does not read", async () => {
    const refused = await refusal(unpackedFolder(), "affine-4");
    expect(refused?.fix).toContain("openai/gpt-oss-120b");
  });

  test("one with a missing file", async () => {
    const folder = new Map(publishedFolder());
    folder.delete("model-00002-of-00002.safetensors");
    expect((await refusal(folder, "MXFP4-Q8"))?.why).toContain("the source can't be converted: model-00002");
  });

  test("one without a tokenizer", async () => {
    const folder = new Map([...publishedFolder()].filter(([name]) => !name.startsWith("tokenizer")));
    expect((await refusal(folder, "MXFP4-Q8"))?.fix).toContain("tokenizer.json");
  });

  test("one that brings a program of its own", async () => {
    const folder = publishedFolder(smallGptOss, { model_file: "evil.py" });
    expect((await refusal(folder, "MXFP4-Q8"))?.why).toContain("never runs such programs");
  });

  test("gpt-oss under an id that does not say so", async () => {
    expect((await refusal(publishedFolder(), "MXFP4-Q8", "local/oss-120b"))?.fix).toContain("--as");
    expect(await refusal(publishedFolder(), "MXFP4-Q8", "Me/GPT-OSS-x")).toBeUndefined();
  });
});

describe("another architecture", () => {
  test.each(["BF16", "F16", "F32"] as const)("in %s becomes affine or bf16, in an estimated size", async (dtype) => {
    expect(await stepsOf(llamaFolder(dtype), "affine-8")).toMatchObject([{ into: "affine-8" }]);
    const [step] = await stepsOf(llamaFolder(dtype), "bf16");
    expect(step).toMatchObject({ args: ["--dtype", "bfloat16"], expected: { sureness: "estimated" } });
  });

  test("has no MXFP4 experts to keep", async () => {
    expect((await refusal(llamaFolder(), "MXFP4-Q8"))?.fix).toBe("Choose affine-4, affine-8 or bf16.");
  });
});
