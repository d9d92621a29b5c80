import { describe, it } from "vitest";
import { findFreePort } from "../support/free-port.ts";
import { runScript } from "../support/run-program.ts";

/** The lines of a tour: whether the step went well, how long it took, its title and what came of it. */
function stepsOf(output: string) {
  return [...output.matchAll(/^ {2}(ok|FAIL) +(\d+\.\d\d) s {2}(.*)$/gm)].map(([, result, seconds, text = ""]) => ({
    result,
    seconds: Number(seconds),
    text,
  }));
}

describe.concurrent("npm run sandbox -- --tour", { timeout: 60_000 }, () => {
  it("shows the real bot at work, each step with its time, and ends with 0", async ({ expect }) => {
    const { code, stdout, stderr } = await runScript("sandbox.ts", ["--tour"]);
    const steps = stepsOf(stdout);
    expect({ code, stderr, failed: steps.filter(({ result }) => result === "FAIL") }).toEqual({
      code: 0,
      stderr: "",
      failed: [],
    });
    for (const title of [
      "Redis, Discord and backend",
      "the bot (node dist/main.js): ready",
      "/signal EUR/USD: ",
      "a published signal arrives as a direct message: ",
      "the bot stops when asked: exit code 0",
    ]) {
      expect(steps.filter(({ text }) => text.startsWith(title))).toHaveLength(1);
    }
    expect(stdout).toMatch(/All steps passed in \d+\.\d\d s\.\n$/);
  });

  it("ends with 1 and names the steps that fail without Redis, and why", async ({ expect }) => {
    const env = { REDIS_URL: `redis://127.0.0.1:${await findFreePort()}` };
    const { code, stdout } = await runScript("sandbox.ts", ["--tour"], { env });
    expect(code).toBe(1);
    const failed = stepsOf(stdout).filter(({ result }) => result === "FAIL");
    expect(failed.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^a published signal arrives as a direct message: nothing came of it/),
      expect.stringMatching(/^readiness: .*redis is down/),
    ]);
    expect(stdout).toContain("2 steps FAILED");
  });
});
