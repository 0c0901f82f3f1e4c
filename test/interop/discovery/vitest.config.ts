import { defineConfig } from "vitest/config";

/** Run by `scripts/check-discovery`, inside the network that it makes. */
export default defineConfig({
  test: { include: ["test/interop/discovery/*.interop.ts"], testTimeout: 60_000, maxWorkers: 1 },
});
