import { configDefaults, defineConfig } from "vitest/config";

/** What starts the built program, or depends on state of a whole process such as the oldest TLS version. */
const whole = [
  "test/wire/**/*.test.ts",
  "test/scripts/**/*.test.ts",
  "test/processes/**/*.test.ts",
  "test/simulate/**/*.test.ts",
];

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Worker threads take this over: what they run is TypeScript here.
    execArgv: ["--import", "./test/support/run-typescript.js"],
    // Tests over real processes share a machine with whatever else runs there: one more try where nobody watches.
    retry: process.env.CI === undefined ? 0 : 1,
    projects: [
      { extends: true, test: { name: "whole", include: whole } },
      {
        extends: true,
        // Files of one worker share their modules: to load them anew for each file takes a third of the time.
        test: {
          name: "parts",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...whole],
          isolate: false,
        },
      },
    ],
  },
});
