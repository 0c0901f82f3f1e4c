import { expect, test } from "vitest";
import { clusterGeneration } from "../../src/controller/classic-generation.js";
import type { ModelWork } from "../../src/controller/model-work.js";
import { workByGeneration } from "../../src/controller/work-by-generation.js";
import { aMember, aSpec, reportOf } from "../support/controller-house.js";

const spec = (generation: "auto" | "modern" | "classic") => ({ exo: { ...aSpec().exo, generation } });
const node = (name: string, generation?: "modern" | "classic") => ({
  member: aMember(name),
  ...(generation === undefined
    ? {}
    : {
        report: {
          value: reportOf(name, { exo: { state: "running", managed: true, generation, apiPort: 52_415 } }),
          at: 0,
          from: "agent" as const,
        },
      }),
});

test("the generation follows the nodes unless the file names one", () => {
  expect(clusterGeneration(spec("auto"), [])).toEqual({ kind: "modern" });
  expect(clusterGeneration(spec("auto"), [node("a", "modern"), node("b")])).toEqual({ kind: "modern" });
  expect(clusterGeneration(spec("auto"), [node("a", "classic"), node("b")])).toEqual({ kind: "classic" });
  expect(clusterGeneration(spec("classic"), [node("a")])).toEqual({ kind: "classic" });
  expect(clusterGeneration(spec("modern"), [node("a", "classic")])).toEqual({ kind: "modern" });
});

test("nodes of both are refused by name, before anything is done", async () => {
  const generation = clusterGeneration(spec("auto"), [node("a", "modern"), node("b", "classic"), node("c", "modern")]);
  expect(generation).toMatchObject({ kind: "mixed", problem: { code: "mixed_generations" } });
  const nobody = (): never => {
    throw new Error("nobody asked for this");
  };
  const idle: ModelWork = {
    runs: () => [{ entry: aSpec().models[0] as never, proven: new Set(), failures: 0, retryAt: 0 }],
    plan: nobody,
    whatIf: nobody,
    preview: nobody,
    converge: nobody,
    idle: async () => {},
  };
  const work = workByGeneration({ modern: idle, classic: idle, generation: () => generation });
  const refusal = /^a, c run exo 1\.x and b exo 0\.0\.x/;
  await expect(work.converge(undefined, () => {}, new AbortController().signal)).rejects.toThrow(refusal);
  expect(work.runs()[0]?.trouble?.message).toMatch(refusal);
  expect(clusterGeneration(spec("classic"), [node("a", "modern")])).toMatchObject({ kind: "mixed" });
});
