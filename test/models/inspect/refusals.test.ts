import { describe, expect, test } from "vitest";
import { inspectModel } from "../../../src/models/inspect/inspect-model.js";
import { ModelFileError, type ModelFiles } from "../../../src/models/inspect/model-files.js";
import { gptOssConfig, mlxTensors, smallGptOss } from "../../support/fake-model.js";
import { type FakeFile, filesIn, mlxFolder, shardsOf, textFile, weightFile } from "../../support/fake-model-files.js";

const index = "model.safetensors.index.json";
const shard = "model-00002-of-00003.safetensors";
const whole = mlxFolder(smallGptOss, "MXFP4-Q8");

/** The whole model with some files changed; undefined takes a file away. */
const changed = (changes: Readonly<Record<string, FakeFile | undefined>>) =>
  new Map([...whole, ...Object.entries(changes)].flatMap(([path, file]) => (file === undefined ? [] : [[path, file]])));

async function inspect(changes: Readonly<Record<string, FakeFile | undefined>>, files: Partial<ModelFiles> = {}) {
  const folder = changed(changes);
  for (const [path, file] of Object.entries(changes)) if (file === undefined) folder.delete(path);
  const inspection = await inspectModel({ ...filesIn(folder), ...files }, "gpt-oss-small");
  const serious = inspection.findings.filter(({ severity }) => severity !== "note" && severity !== "warning");
  return { ...inspection, codes: serious.map(({ code }) => code), serious };
}

const config = (facts: object) => ({
  "config.json": textFile(JSON.stringify({ ...gptOssConfig(smallGptOss), ...facts })),
});
const text = (path: string): string => new TextDecoder().decode(whole.get(path)?.head);
const indexWith = (change: (map: Record<string, string>) => void) => {
  const json = JSON.parse(text(index)) as { weight_map: Record<string, string> };
  change(json.weight_map);
  return { [index]: textFile(JSON.stringify(json)) };
};
const quantization: unknown = JSON.parse(text("config.json")).quantization;

test("nothing is wrong with the model that these tests spoil", async () => {
  const { verdict, codes, model } = await inspect({});
  expect({ verdict, codes }).toEqual({ verdict: "complete", codes: [] });
  expect(model).not.toBeNull();
});

describe("incomplete", () => {
  test("a weight file is missing", async () => {
    const { verdict, serious, exo, model } = await inspect({ [shard]: undefined });
    expect(verdict).toBe("incomplete");
    expect(serious).toMatchObject([{ code: "file_missing", file: shard, fix: expect.any(String) }]);
    expect(exo).toMatchObject({ complete: false, whyNotComplete: "the index names a file that is not there" });
    expect(model).toBeNull();
    expect(exo).toMatchObject({ card: null, tensor: { offered: true, ways: null } });
  });

  test("there is no index for several files", async () => {
    expect(await inspect({ [index]: undefined })).toMatchObject({ verdict: "incomplete", codes: ["no_index"] });
  });

  test("there is no config.json", async () => {
    const { codes, model, facts } = await inspect({ "config.json": undefined });
    expect(codes).toContain("config_missing");
    expect(model).toBeNull();
    expect(facts?.layers).toBe(4);
  });

  test("config.json does not say how large the model is", async () => {
    const { codes } = await inspect(config({ quantization, num_hidden_layers: "4" }));
    expect(codes).toContain("config_incomplete");
  });

  test("there is no tokenizer; a missing chat template is a warning", async () => {
    expect(await inspect({ "tokenizer.json": undefined })).toMatchObject({ codes: ["tokenizer_missing"] });
    const { verdict, chatTemplate } = await inspect({ "chat_template.jinja": undefined });
    expect({ verdict, chatTemplate }).toEqual({ verdict: "complete", chatTemplate: "absent" });
  });

  test("a chat template may be inside the tokenizer's settings", async () => {
    const settings = textFile(JSON.stringify({ chat_template: "{{ messages }}" }));
    const { chatTemplate } = await inspect({ "chat_template.jinja": undefined, "tokenizer_config.json": settings });
    expect(chatTemplate).toBe("present");
  });

  test("an empty folder, and one with weights of another kind", async () => {
    expect(await inspectModel(filesIn(new Map()), "nothing")).toMatchObject({ verdict: "incomplete", facts: null });
    const { findings } = await inspectModel(filesIn(new Map([["model.gguf", textFile("GGUF")]])), "llama");
    expect(findings.map(({ message }) => message).join()).toContain("model.gguf is of a kind that exo does not read");
  });
});

describe("broken", () => {
  test("a weight file is cut off", async () => {
    const file = whole.get(shard) ?? textFile("");
    const { serious, exo } = await inspect({ [shard]: { ...file, bytes: file.bytes - 100 } });
    expect(serious).toMatchObject([
      { code: "weights_refused", file: shard, message: expect.stringContaining("it is cut off: 100 of") },
    ]);
    // exo looks neither at sizes nor inside, and would fail when it loads.
    expect(exo.complete).toBe(true);
  });

  test.each([
    ["../elsewhere.safetensors"],
    ["/etc/passwd"],
    ["a/../../b.safetensors"],
    ["a\\b.safetensors"],
    [""],
    ["model\u0000.safetensors"],
  ])("the index names %j", async (path) => {
    const { serious } = await inspect(indexWith((map) => Object.assign(map, { "model.norm.weight": path })));
    expect(serious[0]).toMatchObject({
      code: "index_refused",
      message: expect.stringContaining("outside the model's folder"),
    });
  });

  test.each([
    ["no JSON", "{", "it is not JSON"],
    ["no map", "{}", "it has no weight_map"],
    ["an empty map", '{"weight_map":{}}', "it has no weight_map"],
    ["a map to numbers", '{"weight_map":{"a":1}}', "does not lead from tensors to file names"],
    ["a tensor twice", '{"weight_map":{"a":"b","a":"c"}}', 'names "a" twice'],
    ["deep lists", `{"weight_map":${"[".repeat(50_000)}`, "nested more than 8 deep"],
    [
      "very many files",
      JSON.stringify({ weight_map: Object.fromEntries(Array.from({ length: 5001 }, (_, at) => [at, `${at}`])) }),
      "more than 5000 files",
    ],
  ])("the index is %s", async (_, json, why) => {
    const { serious } = await inspect({ [index]: textFile(json) });
    expect(serious[0]).toMatchObject({ code: "index_refused", message: expect.stringContaining(why) });
  });

  test("an index or config.json beyond its limit is not read", async () => {
    const { serious } = await inspect({ [index]: { head: new Uint8Array(), bytes: 2 ** 40 } });
    expect(serious[0]?.message).toContain("the limit is");
    const { codes } = await inspect({ "config.json": { head: new Uint8Array(), bytes: 2 ** 40 } });
    expect(codes).toContain("config_refused");
  });

  test("a tensor is not in the file that the index names", async () => {
    const moved = indexWith((map) => Object.assign(map, { "model.norm.weight": shard }));
    expect(await inspect(moved)).toMatchObject({ verdict: "broken", codes: ["tensor_missing"] });
    const invented = indexWith((map) => Object.assign(map, { "model.layers.9.new": shard }));
    expect(await inspect(invented)).toMatchObject({ verdict: "broken", codes: ["tensor_missing"] });
  });

  test("the index does not know a tensor", async () => {
    const forgotten = indexWith((map) => delete map["model.norm.weight"]);
    expect(await inspect(forgotten)).toMatchObject({ verdict: "broken", codes: ["tensor_not_indexed"] });
  });

  test("a file that mlx-lm would load besides", async () => {
    const stray = weightFile("{}", 0);
    expect(await inspect({ "model-old.safetensors": stray })).toMatchObject({ codes: ["file_not_indexed"] });
    const { verdict, findings } = await inspect({ "adapters.safetensors": stray });
    expect(verdict).toBe("complete");
    expect(findings.map(({ code }) => code)).toContain("file_unused");
  });

  test("files by names that mlx-lm does not load", async () => {
    const renamed = new Map([...whole].map(([path, file]) => [path.replace(/^model-/, "part-"), file] as const));
    const json = text(index).replaceAll("model-0", "part-0");
    const inspection = await inspectModel(filesIn(new Map([...renamed, [index, textFile(json)]])), "gpt-oss");
    expect(inspection.verdict).toBe("unusable");
  });

  test("a tensor in two files", async () => {
    const again = whole.get(shard);
    const { codes } = await inspect({ [index]: undefined, "model-9.safetensors": again });
    expect(codes).toContain("tensor_twice");
  });

  test.each([
    ["fewer layers", { num_hidden_layers: 3 }, "tensors_unknown"],
    ["more layers", { num_hidden_layers: 5 }, "tensors_missing"],
    ["another hidden size", { hidden_size: 256 }, "shape_mismatch"],
    ["another number of experts", { num_local_experts: 16 }, "shape_mismatch"],
    ["another packing", { quantization: { group_size: 64, bits: 4 } }, "tensors_do_not_fit"],
    ["no packing", { quantization: undefined }, "tensors_do_not_fit"],
  ])("config.json says %s", async (_, facts, code) => {
    const { verdict, codes, model } = await inspect(config({ quantization, ...facts }));
    expect(verdict).toBe("broken");
    expect(codes).toContain(code);
    expect(model).toBeNull();
  });

  test.each([
    ["deep", `{"a":${"[".repeat(50_000)}`, "nested more than 32 deep"],
    ["a list", "[]", "it is not a mapping"],
    ["with a name twice", '{"hidden_size":1,"hidden_size":2}', "twice"],
  ])("config.json is %s", async (_, json, why) => {
    const { serious } = await inspect({ "config.json": textFile(json) });
    expect(serious[0]).toMatchObject({ code: "config_refused", message: expect.stringContaining(why) });
  });
});

test("a weight file without tensors", async () => {
  const folder = new Map([["model.safetensors", weightFile("{}", 0)], ...Object.entries(config({}))]);
  const { verdict, findings } = await inspectModel(filesIn(folder), "gpt-oss");
  expect(verdict).toBe("incomplete");
  expect(findings.map(({ code }) => code)).toContain("no_tensors");
});

describe("parts that do not fit together", () => {
  const spoil = async (change: (header: Record<string, { dtype: string; shape: number[] }>) => void) => {
    const tensors = mlxTensors(smallGptOss, "MXFP4-Q8").map((tensor) => ({ ...tensor, shape: [...tensor.shape] }));
    const byName = Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor]));
    change(byName);
    const left = Object.entries(byName).map(([name, tensor]) => ({ ...tensor, name }));
    return inspect(Object.fromEntries(shardsOf(left, 3)));
  };
  const q = "model.layers.1.self_attn.q_proj";

  test.each([
    ["weights without scales", `${q}.scales`, "has offsets, but no scales"],
    ["weights without offsets", `${q}.biases`, "has no offsets that fit its scales"],
    ["scales without weights", `${q}.weight`, "has scales or offsets, but no weights"],
    ["blocks without scales", "model.layers.1.mlp.experts.up_proj.scales", "is packed, but has no scales"],
  ])("%s", async (_, name, why) => {
    const { verdict, serious } = await spoil((header) => delete header[name]);
    expect(verdict).toBe("broken");
    expect(serious.map(({ message }) => message).join()).toContain(why);
  });

  test("a bias, a sink and a norm that are missing", async () => {
    for (const name of [`${q}.bias`, "model.layers.1.self_attn.sinks", "model.norm.weight"]) {
      const { codes } = await spoil((header) => delete header[name]);
      expect(codes).toEqual(["tensors_missing"]);
    }
  });

  test("sinks that are whole numbers, and a norm of another shape", async () => {
    const sinks = await spoil((header) =>
      Object.assign(header["model.layers.1.self_attn.sinks"] ?? {}, { dtype: "U32", shape: [2] }),
    );
    expect(sinks.verdict).toBe("broken");
    const norm = await spoil((header) => Object.assign(header["model.norm.weight"] ?? {}, { shape: [64, 2] }));
    expect(norm.codes).toEqual(["shape_mismatch"]);
  });
});

describe("the disk", () => {
  test("a file that can't be read is a finding", async () => {
    const read: ModelFiles["read"] = async (path, start, length) => {
      if (path === shard) throw new ModelFileError(path, "the disk can't read it");
      return filesIn(whole).read(path, start, length);
    };
    expect(await inspect({}, { read })).toMatchObject({ verdict: "broken", codes: ["weights_refused"] });
  });

  test("a folder in place of a file is a finding", async () => {
    const look: ModelFiles["look"] = async (path) =>
      path === shard ? { kind: "not-a-file", why: "a folder has its name" } : filesIn(whole).look(path);
    const { verdict, serious, exo } = await inspect({}, { look });
    expect(verdict).toBe("broken");
    expect(serious).toMatchObject([{ file: shard, message: "a folder has its name" }]);
    expect(exo.complete).toBe(false);
  });

  test("a file that shrinks while it is read is a finding", async () => {
    const read: ModelFiles["read"] = async (path, start, length) => {
      const bytes = await filesIn(whole).read(path, start, length);
      return start > 0 ? bytes.subarray(0, 10) : bytes;
    };
    expect(await inspect({}, { read })).toMatchObject({ verdict: "broken" });
  });

  test("an error of ours is not taken for one of the disk", async () => {
    const read = async () => Promise.reject(new TypeError("bug"));
    await expect(inspect({}, { read })).rejects.toThrow("bug");
  });
});

test("a wrong size in the index is a warning, with what exo would believe", async () => {
  const json = { ...(JSON.parse(text(index)) as object), metadata: { total_size: 1 } };
  const { verdict, findings } = await inspect({ [index]: textFile(JSON.stringify(json)) });
  expect(verdict).toBe("complete");
  expect(findings).toContainEqual(expect.objectContaining({ code: "total_size_wrong", severity: "warning" }));
});

test("a name without gpt-oss is noted", async () => {
  const { findings } = await inspectModel(filesIn(whole), "local/my-model");
  expect(findings.map(({ code }) => code)).toContain("needs_gpt_oss_name");
});
