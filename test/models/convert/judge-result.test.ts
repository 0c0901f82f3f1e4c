import { describe, expect, test } from "vitest";
import { judgeResult } from "../../../src/models/convert/judge-result.js";
import { planConversion } from "../../../src/models/convert/plan-conversion.js";
import { anOrder, inspected, publishedFolder } from "../../support/conversion-sources.js";
import { smallGptOss } from "../../support/fake-model.js";
import { type FakeFolder, mlxFolder } from "../../support/fake-model-files.js";

/** What becomes of a folder that mlx_lm wrote for MXFP4-Q8. */
async function judged(result: FakeFolder) {
  const { inspection, config } = await inspected(publishedFolder());
  const planned = planConversion(anOrder("MXFP4-Q8"), inspection, config);
  if (planned.kind === "refused") throw new Error(planned.why);
  return judgeResult(inspection, (await inspected(result)).inspection, planned.plan.steps[0]);
}

const good = (): Map<string, FakeFolder extends ReadonlyMap<string, infer File> ? File : never> =>
  new Map(mlxFolder(smallGptOss, "MXFP4-Q8"));

describe("the result of a conversion", () => {
  test("is good when it is whole and what was wanted", async () => {
    expect(await judged(good())).toMatchObject({ kind: "good", quantization: "MXFP4-Q8", layers: 4 });
  });

  test.each([
    ["of another quantisation", mlxFolder(smallGptOss, "MXFP4-Q4"), "it is not MXFP4-Q8 but MXFP4-Q4"],
    ["of fewer layers", mlxFolder({ ...smallGptOss, layers: 2 }, "MXFP4-Q8"), "it has 2 layers, and the source 4"],
    ["of another size", mlxFolder({ ...smallGptOss, vocabularySize: 384 }, "MXFP4-Q8"), "and those of this model are"],
  ])("is bad when it is %s", async (_what, folder, why) => {
    expect(await judged(folder)).toEqual({ kind: "bad", why: expect.stringContaining(why) });
  });

  test.each([
    ["model-00002-of-00003.safetensors", "it is incomplete"],
    ["model.safetensors.index.json", "it is incomplete"],
    ["chat_template.jinja", "it has lost its chat template"],
    ["config.json", "it is broken"],
  ])("is bad without %s", async (file, why) => {
    const folder = good();
    if (file === "config.json") folder.set(file, { head: new TextEncoder().encode("{}"), bytes: 2 });
    else folder.delete(file);
    expect(await judged(folder)).toEqual({ kind: "bad", why: expect.stringContaining(why) });
  });
});
