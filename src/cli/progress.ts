import type { ProgressLine } from "../controller/progress-line.js";
import { palette, widthOf } from "./output.js";
import { createProgressView, type ProgressStep, type ProgressView } from "./render/progress-view.js";

/** Progress on standard error, so that results stay clean. */
export const progressOn = (stream: NodeJS.WriteStream): ProgressView =>
  createProgressView(
    { kind: stream.isTTY === true ? "terminal" : "lines", write: (text) => void stream.write(text) },
    { colors: palette(stream), width: widthOf(stream) },
    () => performance.now(),
  );

/** Shows what the controller tells while it applies something. `stop` marks what was under way as failed. */
export function showProgress(view: ProgressView): { report(line: ProgressLine): void; stop(): void } {
  const running = new Map<string, ProgressStep>();
  return {
    report: (line) => {
      switch (line.kind) {
        case "info":
          view.info(line.text);
          return;
        case "begin":
          running.set(line.text, view.step(line.text));
          return;
        case "note":
          for (const step of running.values()) step.update(line.text);
          return;
        case "end":
          running.get(line.text)?.done(line.outcome);
          running.delete(line.text);
          return;
        default:
          line satisfies never;
      }
    },
    stop: () => {
      for (const step of running.values()) step.fail("not finished");
      running.clear();
    },
  };
}
