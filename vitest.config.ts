import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Tests over real processes share a machine with whatever else runs there: one more try where nobody watches.
    retry: process.env.CI === undefined ? 0 : 1,
  },
});
