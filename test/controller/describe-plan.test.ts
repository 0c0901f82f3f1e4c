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

test("several copies are told one by one, with the rate of all; a tensor pair as what it is", () => {
  const entry = anEntry("{ context: 8192, concurrency: 1, objective: throughput, replicas: auto }");
  const { inventory, deployment } = aClusterView([...names, "studio-3", "studio-4"]);
  const planned = planModel(entry, aSpec(), inventory, deployment);
  expect(planLine("gpt-oss-120b", planned)).toMatch(
    /^gpt-oss-120b goes to 2 copies: studio-\d \d+ > studio-\d \d+ layers and studio-\d \d+ > studio-\d \d+ layers, about \d+ tokens\/s in all$/,
  );
  const [copy] = planned.copies;
  const shared = { ...planned, copies: copy === undefined ? [] : [{ ...copy, sharding: "tensor" as const }] };
  expect(planLine("m", { ...shared, verdict: "extend" })).toMatch(
    /^m stays and grows: studio-\d \+ studio-\d sharing every layer, about/,
  );
});

test("what does not fit is a problem with the missing bytes and the first remedy", () => {
  const { inventory, deployment } = aClusterView(["studio-1"]);
  const { result } = planModel(anEntry("{ minNodes: 1 }"), aSpec(), inventory, deployment);
  const problem = infeasibleProblem("gpt-oss-120b", result);
  expect(problem).toMatchObject({ kind: "infeasible", code: "infeasible" });
  expect(problem.message).toMatch(/^gpt-oss-120b does not fit on the nodes that are ready: .*GiB/);
  expect(problem.hint).toBe(result.shortfalls.find((shortfall) => shortfall.fix !== undefined)?.fix);
});
