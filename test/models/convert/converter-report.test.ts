import { describe, expect, test } from "vitest";
import { modelId } from "../../../src/cluster/names.js";
import { checkConverter, readConverterReport } from "../../../src/models/convert/converter-report.js";
import { defaultTarget } from "../../../src/models/convert/default-target.js";

const withVersion = (version: string) => checkConverter({ version, modelTypes: ["gpt_oss"] }, "gpt_oss");

describe("an mlx-lm", () => {
  test.each(["0.28.4", "0.28.10", "0.31.3", "0.32.2", "1.0", "0.33.0.dev1"])("%s can convert", (version) => {
    expect(withVersion(version)).toEqual({ kind: "fine" });
  });

  test.each(["0.26.3", "0.28.3", "0.9", "", "unknown"])("%s is too old", (version) => {
    expect(withVersion(version)).toMatchObject({ kind: "refused", why: expect.stringContaining("too old") });
  });

  test("does not convert types that it does not know", () => {
    expect(checkConverter({ version: "0.32.2", modelTypes: ["llama"] }, "gpt_oss")).toMatchObject({
      why: "mlx-lm 0.32.2 knows no models of type gpt_oss",
    });
    expect(checkConverter({ version: "0.32.2", modelTypes: ["llama"] }, null)).toMatchObject({ kind: "refused" });
  });

  test.each(["", "no json", "[]", '{"version": 3, "modelTypes": []}', '{"version": "0.32.2"}'])(
    "that answers %j gives no report",
    (text) => {
      expect(readConverterReport(text)).toBeUndefined();
    },
  );
});

describe("the id of a result", () => {
  test.each([
    ["openai/gpt-oss-120b", "affine-4", "local/gpt-oss-120b-4bit"],
    ["openai/gpt-oss-20b", "MXFP4-Q8", "local/gpt-oss-20b-MXFP4-Q8"],
    ["local/gpt-oss-120b-bf16", "affine-8", "local/gpt-oss-120b-8bit"],
    ["me/Model-BF16", "bf16", "local/Model-bf16"],
  ] as const)("made of %s in %s is %s", (source, quantization, target) => {
    expect(defaultTarget(modelId(source), quantization)).toBe(target);
  });
});
