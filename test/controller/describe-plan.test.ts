import { expect, test } from "vitest";
import { infeasibleProblem, planLine } from "../../src/controller/describe-plan.js";
import { planModel } from "../../src/controller/plan-model.js";
import { aClusterView, anEntry, aSpec } from "../support/controller-house.js";
import { anInstance } from "../support/inventory-builders.js";

const names = ["studio-1", "studio-2"];

test("a plan in one line: which node gets how many layers, and how fast it will be", () => {
  const { inventory, deployment } = aClusterView(names);
  const line = planLine("gpt-oss-120b", planModel(anEntry(), aSpec(), inventory, deployment));
  expect(line).toMatch(/^gpt-oss-120b goes to studio-\d \d+ > studio-\d \d+ layers, about \d+ tokens\/s$/);
});

test("what stays is said to stay", () => {
  const instances = [anInstance("exoctl-lab-gpt-oss-120b-g1-aaaaaa", names, [18, 36])];
  const { inventory, deployment } = aClusterView(names, { instances });
  const line = planLine("gpt-oss-120b", planModel(anEntry(), aSpec(), inventory, deployment));
  expect(line).toMatch(/^gpt-oss-120b keeps running on studio-1 18 > studio-2 18 layers/);
});

test("what does not fit is a problem with the missing bytes and the first remedy", () => {
  const { inventory, deployment } = aClusterView(["studio-1"]);
  const { result } = planModel(anEntry("{ minNodes: 1 }"), aSpec(), inventory, deployment);
  const problem = infeasibleProblem("gpt-oss-120b", result);
  expect(problem).toMatchObject({ kind: "infeasible", code: "infeasible" });
  expect(problem.message).toMatch(/^gpt-oss-120b does not fit on the nodes that are ready: .*GiB/);
  expect(problem.hint).toBe(result.shortfalls.find((shortfall) => shortfall.fix !== undefined)?.fix);
});
