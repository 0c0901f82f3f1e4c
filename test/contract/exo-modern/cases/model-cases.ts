import { expect } from "vitest";
import { type ExoCase, has, type Release, type Trim } from "../exo-case.js";
import { expectCrash, expectError, expectInvalid, expectNotFound } from "./expect-answer.js";

const get = (path: string) => ({ method: "GET", path }) as const;

/** A name that nobody has. Asking for it costs exo a few attempts to reach the internet. */
const nobody = "exoctl-contract/no-such-model";

const lineKeys = (release: Release): readonly string[] => [
  ...["id", "object", "created", "owned_by", "hugging_face_id", "name", "description", "context_length", "tags"],
  ...["storage_size_megabytes", "supports_tensor", "tasks", "is_custom", "family", "quantization", "base_model"],
  ...["capabilities", ...(release === "after 1.0.71" ? ["reasoning_dialect"] : [])],
];

/** exo lists some hundred models: the first few, and those that are looked for. */
const aFew =
  (...wanted: readonly string[]): Trim =>
  ({ data, ...rest }: { data: readonly { id: string }[] }) => ({
    ...rest,
    data: data.filter(({ id }, at) => at < 4 || wanted.includes(id)),
  });

/** exo's registry as clients see it. */
export const modelCases: readonly ExoCase[] = [
  {
    name: "models-are-listed",
    async run(exo) {
      const models = await exo.call("models", get("/models"), aFew(exo.facts.model));
      expect(models.json).toMatchObject({ object: "list" });
      for (const line of models.json.data)
        expect(Object.keys(line).toSorted(), line.id).toEqual(lineKeys(exo.facts.release).toSorted());
      const known = models.json.data.find((line: { id: string }) => line.id === exo.facts.model);
      expect(known).toMatchObject({ object: "model", owned_by: "exo", hugging_face_id: exo.facts.model });
      expect(known.storage_size_megabytes).toBeGreaterThan(0);
      const again = await exo.call("v1-models", get("/v1/models"), aFew(exo.facts.model));
      expect(again.json.data.map(({ id }: { id: string }) => id)).toEqual(
        models.json.data.map(({ id }: { id: string }) => id),
      );
    },
  },
  {
    name: "models-by-status",
    async run(exo) {
      const { model } = exo.facts;
      const ids = ({ data }: { data: readonly { id: string }[] }): readonly string[] => data.map(({ id }) => id);
      const all = await exo.call("all", get("/models"), ids);
      const some = await exo.call("downloaded", get("/models?status=downloaded"), ids);
      expect(all.json).toContain(model);
      for (const id of some.json) expect(all.json).toContain(id);
      expect(some.json.length).toBeLessThan(all.json.length);
    },
  },
  {
    name: "adding-a-model-that-nobody-has",
    async run(exo) {
      const answer = await exo.call("add", { method: "POST", path: "/models/add", body: { model_id: nobody } });
      expectError(answer, 400, "Bad Request", /^Failed to fetch model: /);
    },
  },
  {
    name: "adding-a-model-without-saying-which",
    async run(exo) {
      const answer = await exo.call("add", { method: "POST", path: "/models/add", body: {} });
      expectInvalid(answer, "missing", ["body", "model_id"]);
    },
  },
  {
    name: "forgetting-a-model-that-is-not-there",
    async run(exo) {
      const answer = await exo.call("delete", { method: "DELETE", path: `/models/custom/${nobody}` });
      expectNotFound(answer, /^Custom model card not found$/);
    },
  },
  {
    name: "searching-models-without-the-internet",
    run: async (exo) => expectCrash(await exo.call("search", get("/models/search?query=gpt-oss&limit=3"))),
  },
  {
    name: "a-built-in-model-cannot-be-forgotten",
    async run(exo) {
      const answer = await exo.call("delete", { method: "DELETE", path: `/models/custom/${exo.facts.model}` });
      expect(has(exo.facts.release, "1.0.68") && answer.status).toBe(404);
    },
  },
];
