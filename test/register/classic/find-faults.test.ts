import { describe, expect, test } from "vitest";
import { type Finding, faultCodes } from "../../../src/cluster/classic-finding.js";
import { blocking, findFaults } from "../../../src/register/classic/find-faults.js";
import type { RecipeFacts } from "../../../src/register/classic/finding.js";
import { readPatches } from "../../../src/register/classic/read-patches.js";
import { usualFiles } from "../../../src/register/classic/usual-files.js";

const recipe: RecipeFacts = {
  model: "gpt-oss-120b",
  entry: {
    id: "gpt-oss-120b",
    layers: 36,
    engine: "mlx",
    repo: "./mlx_models/gpt-oss-120b-4bit",
    label: "GPT-OSS 120B",
  },
  installation: {
    modelsPy: "/exo/exo/models.py",
    how: "checkout",
    mlx: "0.22.0",
    mlxLm: "0.21.1",
    modelClasses: ["llama", "qwen2", "gemma2"],
    patches: { gptNames: "rewritten", quantization: "all keys", activations: "as they are", templates: "skipped" },
  },
  files: usualFiles("", "gpt-oss-120b"),
  repoFolder: "none",
};

const ported: RecipeFacts["installation"] = {
  ...recipe.installation,
  mlx: "0.29.1",
  mlxLm: "0.31.3",
  modelClasses: ["llama", "gpt_oss"],
  patches: { gptNames: "kept", quantization: "chosen keys", activations: "cast", templates: "fetched" },
};

const weights = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ code, weight }) => [code, weight]));
const faults = (changes: Partial<RecipeFacts>) => weights(findFaults({ ...recipe, ...changes }));
const withEntry = (changes: Partial<RecipeFacts["entry"]>) => faults({ entry: { ...recipe.entry, ...changes } });
const withPatch = (changes: Partial<RecipeFacts["installation"]["patches"]>) =>
  faults({ installation: { ...recipe.installation, patches: { ...recipe.installation.patches, ...changes } } });

test("the recipe as it circulates meets all ten, in the order of the steps, each with a way out", () => {
  const findings = findFaults(recipe);
  expect(findings.map(({ code }) => code)).toEqual([...faultCodes]);
  for (const { message, fix } of findings)
    expect([message.length, fix.length].every((length) => length > 20)).toBe(true);
  expect(weights(findings)).toEqual({
    run_is_no_server: "warns",
    name_rewritten: "blocks",
    repo_is_a_path: "blocks",
    model_class_missing: "blocks",
    mlx_too_old: "blocks",
    quantization_not_understood: "blocks",
    bfloat16_not_handled: "blocks",
    chat_template_missing: "warns",
    harmony_not_parsed: "warns",
    no_label: "handled",
  });
});

test("what an admin takes on does not block", () => {
  expect(blocking(findFaults(recipe), ["name_rewritten", "repo_is_a_path"]).map(({ code }) => code)).toEqual([
    "model_class_missing",
    "mlx_too_old",
    "quantization_not_understood",
    "bfloat16_not_handled",
  ]);
});

test("an exo that somebody has ported gpt-oss to blocks nothing", () => {
  const entry = { ...recipe.entry, id: "gpt-oss-120b", repo: "owner/name" };
  expect(blocking(findFaults({ ...recipe, installation: ported, entry }), [])).toEqual([]);
});

describe("one by one", () => {
  test("2: a name without the prefix takes care of it, and other models are not concerned", () => {
    expect(withEntry({ id: "oss-120b" })).toMatchObject({ name_rewritten: "handled" });
    expect(faults({ model: "llama", entry: { ...recipe.entry, id: "llama" } })).not.toHaveProperty("name_rewritten");
    expect(withPatch({ gptNames: "unknown" })).toMatchObject({ name_rewritten: "blocks" });
    expect(withPatch({ gptNames: "kept" })).not.toHaveProperty("name_rewritten");
  });

  test.each([
    "./x/y",
    "/models/x",
    "../x",
    "~/x",
    "x",
    "a/b/c",
    "a\\b",
    "file:///x",
    "https://hub/a/b",
    "a/..",
    "a/b..c",
  ])("3: %s is no repository", (repo) => {
    expect(withEntry({ repo })).toMatchObject({ repo_is_a_path: "blocks" });
  });

  test("3: owner/name is one, unless it is a folder here", () => {
    const entry = { ...recipe.entry, repo: "mlx_models/gpt-oss-120b-4bit" };
    expect(faults({ entry })).not.toHaveProperty("repo_is_a_path");
    expect(faults({ entry, repoFolder: "here" })).toMatchObject({ repo_is_a_path: "blocks" });
  });

  test("4: mistral runs on llama's class; an unknown folder blocks gpt-oss alone", () => {
    const { modelClasses: _, ...installation } = recipe.installation;
    const ofType = (modelType: string) => ({ ...recipe.files, modelType });
    expect(faults({ files: ofType("mistral") })).not.toHaveProperty("model_class_missing");
    expect(faults({ files: ofType("qwen3_moe") })).toMatchObject({ model_class_missing: "blocks" });
    expect(faults({ installation })).toMatchObject({ model_class_missing: "blocks" });
    expect(faults({ installation, files: ofType("llama") })).not.toHaveProperty("model_class_missing");
    expect(withEntry({ engine: "tinygrad" })).toMatchObject({ model_class_missing: "blocks" });
    expect(withEntry({ engine: "dummy" })).not.toHaveProperty("model_class_missing");
  });

  test.each([
    ["0.29.0", "0.26.3", undefined],
    ["0.28.9", "0.26.3", "blocks"],
    ["0.29.0", "0.26.2", "blocks"],
    ["0.29.0.dev20250901", "1.0", undefined],
    [undefined, "0.26.3", "warns"],
    [undefined, undefined, "warns"],
    [undefined, "0.21.1", "blocks"],
    ["unreadable", "0.26.3", "warns"],
  ])("5: mlx %s with mlx-lm %s", (mlx, mlxLm, weight) => {
    const { mlx: _, mlxLm: __, ...rest } = recipe.installation;
    const installation = { ...rest, ...(mlx === undefined ? {} : { mlx }), ...(mlxLm === undefined ? {} : { mlxLm }) };
    expect(faults({ installation }).mlx_too_old).toBe(weight);
  });

  test("6: a block that MLX has always understood is no fault", () => {
    expect(faults({ files: { ...recipe.files, quantizationKeys: [] } })).not.toHaveProperty(
      "quantization_not_understood",
    );
    expect(withPatch({ quantization: "unknown" })).toMatchObject({ quantization_not_understood: "warns" });
  });

  test("7: float16 is no fault", () => {
    expect(faults({ files: { ...recipe.files, dtype: "float16" } })).not.toHaveProperty("bfloat16_not_handled");
    expect(withPatch({ activations: "unknown" })).toMatchObject({ bfloat16_not_handled: "warns" });
  });

  test.each([
    ["in the tokenizer's config", undefined],
    ["in a file of its own", "warns"],
    ["none", "warns"],
    ["unknown", undefined],
  ] as const)("8: a template %s", (chatTemplate, weight) => {
    expect(faults({ files: { ...recipe.files, chatTemplate } }).chat_template_missing).toBe(weight);
  });

  test("9: only gpt-oss speaks harmony", () => {
    expect(faults({ files: usualFiles("owner/llama", "llama") })).not.toHaveProperty("harmony_not_parsed");
  });
});

describe("what exo's own source says", () => {
  const unpatched = {
    api: 'def f(model):\n  if model and model.startswith("gpt-"):\n    model = default\n',
    loader: "nn.quantize(\n  model,\n  **quantization,\n  class_predicate=predicate,\n)\n",
    engine: "output = np.array(output, copy=False)\n",
    downloader: 'patterns = set(["*.json", "*.py"])\n',
  };

  test("as released", () => {
    expect(readPatches(unpatched)).toEqual(recipe.installation.patches);
  });

  test("with the gaps closed; comments and texts do not count", () => {
    const patched = {
      api: '# model.startswith("gpt-")\nx = "startswith(\'gpt-\')"\n',
      loader: 'nn.quantize(model, group_size=q["group_size"])\n',
      engine: "output = np.array(output.astype(mx.float32), copy=False)\n",
      downloader: 'patterns = set(["*.json", "*.jinja"])\n',
    };
    expect(readPatches(patched)).toEqual(ported.patches);
  });

  test("unread", () => {
    expect(new Set(Object.values(readPatches({})))).toEqual(new Set(["unknown"]));
  });
});
