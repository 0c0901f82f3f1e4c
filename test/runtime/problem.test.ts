import { expect, test } from "vitest";
import { Problem } from "../../src/runtime/problem.js";

test("a problem carries what people and programs need, and its cause", () => {
  const cause = new Error("ECONNREFUSED");
  const problem = new Problem("unreachable", "no_nodes", "no node became ready", "Enrol one.", { cause });
  expect(problem).toBeInstanceOf(Error);
  expect(problem).toMatchObject({
    name: "Problem",
    kind: "unreachable",
    code: "no_nodes",
    message: "no node became ready",
    hint: "Enrol one.",
    cause,
  });
  expect(new Problem("failed", "x", "y").hint).toBeUndefined();
});
