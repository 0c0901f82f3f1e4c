import { bullet, cutText, type Page } from "./page.js";

/** Where progress is written: standard error, as a terminal whose last line may be rewritten, or as plain lines. */
export interface ProgressSink {
  readonly kind: "terminal" | "lines";
  write(text: string): void;
}

/** One step that is under way. Ends with exactly one of `done` and `fail`; anything later is ignored. */
export interface ProgressStep {
  /** What it is doing now. Shown on a terminal only: elsewhere it would be noise. */
  update(note: string): void;
  /** @param note the result in a few words, such as `3 nodes` */
  done(note?: string): void;
  fail(note: string): void;
}

/** Shows steps one after the other. */
export interface ProgressView {
  /** One line that says something and takes no time. */
  info(text: string): void;
  step(title: string): ProgressStep;
}

const clearLine = "\r\u001b[2K";

/** `340 ms`, `4.2 s`, `2 min 05 s`. */
function elapsedText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms / 10) * 10} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/**
 * Progress of something longer than a second: each step with a tick and its time. On a terminal a running step is visible at
 * once and its line is rewritten; elsewhere a step is one line, written when it ends.
 *
 * @param now milliseconds from a clock that does not jump
 */
export function createProgressView(sink: ProgressSink, page: Page, now: () => number): ProgressView {
  const { colors } = page;
  const rewrite = (line: string): void => sink.write(`${sink.kind === "terminal" ? clearLine : ""}${line}`);
  const pending = (title: string, note: string): void => {
    if (sink.kind !== "terminal") return;
    const text = cutText(note === "" ? title : `${title}: ${note}`, page.width - 4);
    rewrite(`${colors.dim("…")} ${colors.dim(text)}`);
  };
  return {
    info: (text) => rewrite(`${bullet(`${colors.cyan("•")} `, text, page).join("\n")}\n`),
    step: (title) => {
      const startedAt = now();
      let ended = false;
      const end = (sign: string, note: string): void => {
        if (ended) return;
        ended = true;
        const took = colors.dim(elapsedText(now() - startedAt));
        const text = note === "" ? title : `${title}: ${note}`;
        const lines = bullet(`${sign} `, text, { ...page, width: Math.max(24, page.width - 12) });
        rewrite(`${lines.join("\n")}  ${took}\n`);
      };
      pending(title, "");
      return {
        update: (note) => {
          if (!ended) pending(title, note);
        },
        done: (note = "") => end(colors.green("✓"), note),
        fail: (note) => end(colors.red("✗"), note),
      };
    },
  };
}
