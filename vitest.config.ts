import { defineConfig } from "vitest/config";

/** Tests share two cores with the processes that they start, so files run two at a time and waits are generous. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/seed.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    pool: "forks",
  },
});
