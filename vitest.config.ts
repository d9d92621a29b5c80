import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Once, before the tests: a fresh dist/ for those that start the real process, and the Redis program.
    globalSetup: ["test/support/build.ts", "test/support/redis.ts"],
    pool: "forks",
    // Most of the time is spent waiting for processes of the tests' own.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 120_000,
  },
});
