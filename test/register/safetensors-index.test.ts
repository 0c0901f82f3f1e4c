import fc from "fast-check";
import { expect, test } from "vitest";
import { filesOfIndex, isIndexName } from "../../src/register/safetensors-index.js";

const index = (...files: string[]) =>
  JSON.stringify({ weight_map: Object.fromEntries(files.map((file, at) => [`t${at}`, file])) });

test("every file is named once, sorted", () => {
  expect(filesOfIndex(index("b.safetensors", "a.safetensors", "b.safetensors"))).toEqual([
    "a.safetensors",
    "b.safetensors",
  ]);
  expect(filesOfIndex(index("part/a.safetensors"))).toEqual(["part/a.safetensors"]);
});

test.each(["../a", "/etc/passwd", "a/../../b", "", ".", "a//b", "a\0b", "..\\a"])(
  "an index that names %j is no index",
  (file) => {
    expect(filesOfIndex(index("good.safetensors", file))).toBeUndefined();
  },
);

test.each(["", "{", "[]", "null", "{}", '{"weight_map":{}}', '{"weight_map":{"a":1}}', '{"weight_map":[]}'])(
  "%j is no index",
  (text) => {
    expect(filesOfIndex(text)).toBeUndefined();
  },
);

test("no text makes it throw or name a path outside", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.dictionary(fc.string(), fc.string()).map((map) => JSON.stringify({ weight_map: map })),
      ),
      (text) => {
        for (const file of filesOfIndex(text) ?? [])
          expect(file.startsWith("/") || file.split("/").includes("..")).toBe(false);
      },
    ),
  );
});

test("only exo's kind of index counts", () => {
  expect(isIndexName("model.safetensors.index.json")).toBe(true);
  expect(isIndexName("model.safetensors")).toBe(false);
  expect(isIndexName("config.json")).toBe(false);
});
