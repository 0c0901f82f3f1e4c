import { expect, test } from "vitest";
import { copyNumber, entryOfCopy, plainEntryId } from "../../src/cluster/copy-entry.js";
import { gptOssEntry } from "../support/exo-fixtures.js";

test("the first copy has the plain entry, each further one an id of its own over the same weights", () => {
  expect(entryOfCopy(gptOssEntry, 1)).toBe(gptOssEntry);
  expect(entryOfCopy(gptOssEntry, 3)).toEqual({ ...gptOssEntry, modelId: "exoctl/gpt-oss-120b-MXFP4-Q8-copy3" });
  for (const number of [1, 2, 12])
    expect(copyNumber(gptOssEntry, entryOfCopy(gptOssEntry, number).modelId)).toBe(number);
});

test.each([
  "mlx-community/gpt-oss-120b-MXFP4-Q8",
  "exoctl/gpt-oss-120b-MXFP4-Q8-copy1",
  "exoctl/gpt-oss-120b-MXFP4-Q8-copy0",
  "exoctl/gpt-oss-120b-MXFP4-Q8-copy02",
  "exoctl/gpt-oss-120b-MXFP4-Q8-copy",
  "exoctl/gpt-oss-20b-MXFP4-Q8-copy2",
])("%s is no copy of gpt-oss-120b", (id) => {
  expect(copyNumber(gptOssEntry, id)).toBeUndefined();
});

test("all copies have their plain id in common", () => {
  expect(plainEntryId("exoctl/gpt-oss-120b-MXFP4-Q8-copy2")).toBe("exoctl/gpt-oss-120b-MXFP4-Q8");
  expect(plainEntryId("exoctl/gpt-oss-120b-MXFP4-Q8")).toBe("exoctl/gpt-oss-120b-MXFP4-Q8");
});
