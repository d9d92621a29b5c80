import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Once, before the tests: a fresh dist/ for those that start the real process, and the Redis program.
    globalSetup: ["test/support/build.ts", "test/support/redis.ts"],
    pool: "forks",
    testTimeout: 20_000,
    hookTimeout: 120_000,
  },
});
