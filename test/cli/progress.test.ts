import { expect, test } from "vitest";
import { showProgress } from "../../src/cli/progress.js";
import { createProgressView } from "../../src/cli/render/progress-view.js";
import { plainPage } from "./render/view-samples.js";

/** Progress as it is written where there is no terminal, and on one. */
function aScreen(kind: "lines" | "terminal" = "lines") {
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  const progress = showProgress(createProgressView({ kind, write }, plainPage(80), () => 0));
  return { ...progress, text: () => text };
}

test("steps end under the text they began with, each with its outcome", () => {
  const { report, text } = aScreen();
  report({ kind: "info", text: "generation 2" });
  report({ kind: "begin", text: "write on one" });
  report({ kind: "begin", text: "write on two" });
  report({ kind: "end", text: "write on two", outcome: "created" });
  report({ kind: "end", text: "write on one", outcome: "unchanged" });
  expect(text()).toMatch(/^• generation 2\n✓ write on two: created .*\n✓ write on one: unchanged .*\n$/);
});

test("notes show on a terminal only, on the steps under way", () => {
  const lines = aScreen();
  lines.report({ kind: "begin", text: "wait" });
  lines.report({ kind: "note", text: "12/36 layers" });
  expect(lines.text()).toBe("");
  const terminal = aScreen("terminal");
  terminal.report({ kind: "begin", text: "wait" });
  terminal.report({ kind: "note", text: "12/36 layers" });
  expect(terminal.text()).toContain("wait: 12/36 layers");
});

test("stopping marks what is under way as not finished, once", () => {
  const { report, stop, text } = aScreen();
  report({ kind: "begin", text: "wait" });
  stop();
  stop();
  expect(text()).toMatch(/^✗ wait: not finished .*\n$/);
});

test("a note or an end without a beginning is of no consequence", () => {
  const { report, text } = aScreen();
  report({ kind: "note", text: "waiting" });
  report({ kind: "end", text: "nobody began this", outcome: "done" });
  expect(text()).toBe("");
});
