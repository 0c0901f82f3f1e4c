import { defineConfig } from "vitest/config";

/** Benchmarks are run by hand: `npm run bench:plan`. One process, so that times and memory mean something. */
export default defineConfig({
  test: {
    include: ["test/bench/*.bench.ts"],
    testTimeout: 3_600_000,
    fileParallelism: false,
    maxWorkers: 1,
    disableConsoleIntercept: true,
  },
});
