import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "vitest";
import { findFreePort } from "../support/free-port.ts";
import { inRepository, runScript } from "../support/run-program.ts";

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

  it("ends with 1, and says why, when the Redis of REDIS_URL does not answer", async ({ expect }) => {
    const env = { REDIS_URL: `redis://127.0.0.1:${await findFreePort()}` };
    const { code, stdout } = await runScript("sandbox.ts", ["--tour"], { env });
    expect(code).toBe(1);
    expect(stepsOf(stdout)).toMatchObject([
      { result: "FAIL", text: expect.stringMatching(/^Redis, Discord and backend: .*ECONNREFUSED.*unset REDIS_URL/) },
    ]);
  });
});

describe.concurrent("npm run sandbox", { timeout: 60_000 }, () => {
  it("stays up with hints what to try, and Ctrl+C ends it and the bot", async ({ expect }) => {
    const sandbox = startInteractive();
    const [, pid = ""] = await sandbox.printed(/ready, process (\d+)/);
    const [, latest = ""] = await sandbox.printed(/curl -s (\S+\/interactions\/latest)/);
    expect(await (await fetch(latest)).json()).toMatchObject({ saw: "answered" });
    sandbox.interrupt();
    expect(await sandbox.ended).toBe(0);
    expect(stepsOf(sandbox.output()).at(-1)).toMatchObject({
      result: "ok",
      text: "the bot stops when asked: exit code 0",
    });
    expect(isRunning(Number(pid))).toBe(false);
  });

  it("ends at once when interrupted half-way", async ({ expect }) => {
    const sandbox = startInteractive();
    const [, pid = ""] = await sandbox.printed(/ready, process (\d+)/);
    sandbox.interrupt();
    expect(await sandbox.ended).toBe(130);
    expect(sandbox.output()).toMatch(/\nInterrupted\.\n$/);
    expect(sandbox.output()).not.toContain("FAIL");
    expect(isRunning(Number(pid))).toBe(false);
  });
});

/** The script in a process group of its own, which Ctrl+C reaches as a whole, the bot included. */
function startInteractive() {
  const child = spawn(process.execPath, ["--import", "tsx", "scripts/sandbox.ts"], {
    cwd: inRepository("."),
    env: { PATH: process.env.PATH },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  let output = "";
  const printed = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve) => {
      const look = () => {
        const match = pattern.exec(output);
        if (match !== null) resolve(match);
      };
      child.stdout.on("data", look);
      look();
    });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return {
    printed,
    output: () => output,
    interrupt: () => process.kill(-(child.pid ?? Number.NaN), "SIGINT"),
    ended: once(child, "close").then(([code]): unknown => code),
  };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
