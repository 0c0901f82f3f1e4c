import type { BundleSteps } from "../agent/bundle/bundle-steps.js";
import { sizeText } from "./render/amounts.js";
import type { ProgressView } from "./render/progress-view.js";

/** A terminal is rewritten no more often than anybody can read. */
const updateEveryMs = 200;

const gb = (bytes: number): string => (bytes / 1e9).toFixed(2);

/** Shows how many bytes each step has done, and how fast. @param now milliseconds from a clock that does not jump */
export const bundleSteps = (view: ProgressView, now: () => number = () => performance.now()): BundleSteps => ({
  run: async (text, totalBytes, work) => {
    const step = view.step(text);
    const startedAt = now();
    let shownAt = startedAt;
    let done = 0;
    try {
      const value = await work((bytes) => {
        done += bytes;
        const at = now();
        if (at - shownAt < updateEveryMs) return;
        shownAt = at;
        const rate = (done / 1e6 / (at - startedAt)) * 1e3;
        step.update(`${gb(done)} of ${gb(totalBytes)} GB, ${rate.toFixed(0)} MB/s`);
      });
      step.done(sizeText(done));
      return value;
    } catch (error) {
      step.fail("not finished");
      throw error;
    }
  },
});
