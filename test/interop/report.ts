import { afterAll, afterEach } from "vitest";

interface Step {
  readonly name: string;
  readonly outcome: string;
  readonly sec: number;
}

const lines: string[] = [];
const steps: Step[] = [];

/** What was found, for people: printed at the end whether or not all went well. */
export const report = {
  say: (what: string, found: string): void => void lines.push(`  ${what.padEnd(10)} ${found}`),
};

/** Prints at the end of a test file what was found and how long each of its steps took. @param title first line */
export function printReport(title: string): void {
  afterEach(({ task }) => {
    const started = task.result?.startTime ?? Date.now();
    const failed = (task.result?.errors ?? []).length > 0;
    steps.push({ name: task.name, outcome: failed ? "FAILED" : "ok", sec: (Date.now() - started) / 1000 });
  });
  afterAll(() => {
    const table = steps.map(
      ({ name, outcome, sec }) => `  ${outcome.padEnd(7)} ${sec.toFixed(1).padStart(6)} s  ${name}`,
    );
    process.stdout.write(`\n${[title, ...lines, "", "  outcome   time    step", ...table].join("\n")}\n`);
  });
}
