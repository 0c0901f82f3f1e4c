import { defineConfig } from "vitest/config";

/** Run by `scripts/interop`, inside the network that it makes. The steps build on one another: the first failure ends it. */
export default defineConfig({
  test: {
    include: ["test/interop/*.interop.ts"],
    testTimeout: 960_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    maxWorkers: 1,
    bail: 1,
    disableConsoleIntercept: true,
  },
});
