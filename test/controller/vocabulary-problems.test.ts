import { expect, test } from "vitest";
import type { VocabularyReport } from "../../src/cluster/node-report.js";
import { planModel } from "../../src/controller/plan-model.js";
import { vocabularyProblems } from "../../src/controller/vocabulary-problems.js";
import { aClusterView, aMember, aModel, anEntry, aSpec } from "../support/controller-house.js";
import { anAgent, anInstance } from "../support/inventory-builders.js";

const entry = anEntry();
const run = { entry, model: aModel(entry), proven: new Set<string>(), failures: 0, retryAt: 0 };
const names = ["studio-1", "studio-2", "studio-3"];
const instance = anInstance("exoctl-lab-gpt-oss-120b-g1-aaaaaa", names.slice(0, 2), [18, 36]);
const running = aClusterView(names, { instances: [instance] });
const fleetOf = (...found: readonly (VocabularyReport["state"] | "not said")[]) =>
  found.map((state, index) => {
    const name = `studio-${index + 1}`;
    const exo = state === "not said" ? {} : { vocabulary: { state, note: `note ${index + 1}` } };
    return { member: aMember(name), report: anAgent(name, { exo }).report };
  });

test("nodes that run gpt-oss without it are named, others are not", () => {
  const problems = vocabularyProblems(fleetOf("missing", "ready", "missing"), [run], running);
  expect(problems).toEqual([expect.stringMatching(/^studio-1: exo has no o200k vocabulary.*: note 1$/)]);
});

test("what can't be known is said as such", () => {
  const problems = vocabularyProblems(fleetOf("ready", "unknown"), [run], running);
  expect(problems).toEqual([expect.stringMatching(/^studio-2: whether exo finds .* can't be known: note 2$/)]);
});

test("a node that shall run it by the plan counts before anything runs", () => {
  const view = aClusterView(names);
  const plan = planModel(entry, aSpec(), view.inventory, view.deployment);
  const planned = plan.copies.flatMap(({ evaluation }) => evaluation.stages.map(({ node }) => node));
  const problems = vocabularyProblems(fleetOf("missing", "missing", "missing"), [{ ...run, plan }], view);
  expect(problems.map((text) => text.split(":")[0])).toEqual(planned.toSorted());
});

test("an agent that does not say is no problem, and neither is a cluster without models", () => {
  expect(vocabularyProblems(fleetOf("not said", "ready"), [run], running)).toEqual([]);
  expect(vocabularyProblems(fleetOf("missing", "missing"), [], running)).toEqual([]);
});
