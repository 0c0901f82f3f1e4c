import picocolors from "picocolors";
import { describe, expect, test } from "vitest";
import { exitCodeOf } from "../../../src/cli/exit-code.js";
import { renderConfigIssues } from "../../../src/cli/render/config-issues-view.js";
import { clientSettings, renderEnv } from "../../../src/cli/render/env-view.js";
import { cutText, textWidth, wrapText } from "../../../src/cli/render/page.js";
import { renderProblem } from "../../../src/cli/render/problem-view.js";
import { createProgressView } from "../../../src/cli/render/progress-view.js";
import { readClusterSpec } from "../../../src/config/read-cluster-spec.js";
import { Problem } from "../../../src/runtime/problem.js";
import { colorPage, plainPage } from "./view-samples.js";

test("exit codes are those of the contract", () => {
  const kinds = ["failed", "usage", "infeasible", "unreachable"] as const;
  expect(kinds.map(exitCodeOf)).toEqual([1, 2, 3, 4]);
});

test("a problem is one sentence and a hint, without its cause", () => {
  const problem = new Problem("unreachable", "x", "no controller answers", "Start one with `exoctl up`.", {
    cause: new Error("ENOENT"),
  });
  expect(renderProblem(problem, picocolors.createColors(false))).toEqual([
    "✗ no controller answers",
    "  → Start one with `exoctl up`.",
  ]);
  expect(renderProblem(new Problem("failed", "x", "odd\u001b[2J"), picocolors.createColors(true))).toEqual([
    "\u001b[31m✗\u001b[39m odd",
  ]);
});

test("mistakes in a cluster file are shown where they are", () => {
  const text = "apiVersion: exoctl/v1\nmodels:\n  - name: gpt-oss-120b\n    serve: { context: lots }\n";
  const read = readClusterSpec(text, "cluster.yaml");
  expect(read.kind === "invalid" && renderConfigIssues(read.issues, text, "cluster.yaml")).toEqual([
    "cluster.yaml has 1 mistake:",
    'cluster.yaml:4:23  models[0].serve.context: expected a whole number above 0, found "lots"',
    "    4 |     serve: { context: lots }",
    `${" ".repeat("    4 | ".length + 22)}^`,
  ]);
});

test("the caret stays under its column in a line that is too long to show", () => {
  const text = `apiVersion: exoctl/v1\ncluster: { ${" ".repeat(300)}nme: a }`;
  const read = readClusterSpec(text, "c.yaml");
  if (read.kind !== "invalid") throw new Error("has an unknown key");
  const [, , source = "", caret = ""] = renderConfigIssues(read.issues, text, "c.yaml");
  expect(source.slice(caret.indexOf("^"))).toMatch(/^nme: a/);
  expect(textWidth(source)).toBeLessThan(120);
});

describe("settings for clients", () => {
  const facts = { gateway: "http://127.0.0.1:8415", models: ["gpt-oss-120b", "think"], keys: "not-asked" as const };

  test("can be evaluated by a shell", () => {
    expect(renderEnv(clientSettings("openai", facts))).toEqual([
      "# Models: gpt-oss-120b, think.",
      "export OPENAI_BASE_URL=http://127.0.0.1:8415/v1",
      "export OPENAI_API_KEY=exoctl",
    ]);
    const hostile = { client: "openai" as const, env: { A: "x'; rm -rf $HOME" }, notes: ["a\nrm b"] };
    expect(renderEnv(hostile)).toEqual(["# a rm b", "export A='x'\\''; rm -rf $HOME'"]);
  });

  test("say so where this gateway can't serve a client", () => {
    const settings = clientSettings("claude-code", facts);
    expect(settings.env).toEqual({});
    expect(renderEnv(settings).join("\n")).toMatch(/^# .*messages API/);
  });

  test("ask for a key where the gateway does, and put none in its place", () => {
    for (const client of ["openai", "open-webui"] as const) {
      const settings = clientSettings(client, { ...facts, keys: "asked" });
      expect(settings.env).not.toHaveProperty("OPENAI_API_KEY");
      expect(settings.notes.join(" ")).toContain("exoctl keys create");
    }
  });

  test("name what Open WebUI reads", () => {
    expect(Object.keys(clientSettings("open-webui", facts).env)).toContain("OPENAI_API_BASE_URL");
  });
});

describe("progress", () => {
  const show = (kind: "terminal" | "lines") => {
    const written: string[] = [];
    let time = 0;
    const view = createProgressView({ kind, write: (text) => written.push(text) }, plainPage(80), () => time);
    const step = view.step("Looking for nodes");
    step.update("2 found");
    time += 4_230;
    step.done("3 nodes");
    step.fail("too late");
    return written;
  };

  test("is one line a step where nothing can be rewritten", () => {
    expect(show("lines")).toEqual(["✓ Looking for nodes: 3 nodes  4.2 s\n"]);
  });

  test("shows a running step on a terminal and replaces it when it ends", () => {
    const clear = "\r\u001b[2K";
    expect(show("terminal")).toEqual([
      `${clear}… Looking for nodes`,
      `${clear}… Looking for nodes: 2 found`,
      `${clear}✓ Looking for nodes: 3 nodes  4.2 s\n`,
    ]);
  });

  test("says how long in units that people read", () => {
    const took = (ms: number): string => {
      const written: string[] = [];
      const times = [0, ms];
      const view = createProgressView(
        { kind: "lines", write: (text) => written.push(text) },
        colorPage(80),
        () => times.shift() ?? 0,
      );
      view.step("x").fail("y");
      return written.join("");
    };
    expect(took(340)).toContain("340 ms");
    expect(took(125_000)).toContain("2 min 05 s");
    expect(took(340)).toContain("\u001b[31m✗");
  });
});

test("text is measured and cut in terminal columns", () => {
  expect(textWidth("田中のMac")).toBe(9);
  expect(cutText("田中のMac", 6)).toBe("田中…");
  expect(cutText("short", 6)).toBe("short");
  expect(cutText("anything", 0)).toBe("");
  expect(wrapText("one two three", 8)).toEqual(["one two", "three"]);
});
