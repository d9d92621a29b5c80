import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { pidFilePath } from "../../src/instance/pid-file.ts";
import { tokenFingerprint } from "../../src/instance/token-fingerprint.ts";
import { currentLogFile } from "../../src/log-file.ts";
import { findFreePort } from "../support/free-port.ts";
import { inRepository, type ProgramResult, runScript } from "../support/run-program.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";

describe("npm run bot", { timeout: 180_000 }, () => {
  let sandbox: TestSandbox;
  let env: Readonly<Record<string, string>>;
  const folder = mkdtempSync(join(tmpdir(), "signalguard-control-"));
  const logFile = join(folder, "logs", currentLogFile);

  beforeAll(async () => {
    sandbox = await startTestSandbox();
    env = {
      ...sandbox.environment,
      HTTP_PORT: String(await findFreePort()),
      LOG_DIR: join(folder, "logs"),
      XDG_RUNTIME_DIR: folder,
      DRAIN_TIMEOUT_MS: "500",
    };
  });

  afterEach(async () => {
    sandbox.discord.clearFaults();
    sandbox.backend.clearFaults();
    await bot("stop");
  });

  afterAll(async () => {
    await sandbox.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const bot = (verb: string, changed: Readonly<Record<string, string>> = {}): Promise<ProgramResult> =>
    runScript("bot.ts", verb.split(" "), { env: { ...env, ...changed }, cwd: folder });
  const start = async (changed?: Readonly<Record<string, string>>): Promise<number> => {
    const { code, stdout, stderr } = await bot("start", changed);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return Number(/^Ready: process (\d+), /.exec(stdout)?.[1]);
  };
  const status = async () => {
    const { code, stdout } = await bot("status --json");
    return { code, ...JSON.parse(stdout) };
  };
  const alive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      // A process whose parent has not looked yet is a zombie, which is over.
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  };

  it("starts it, tells how it is, refuses a second one, and stops it when all is answered", async () => {
    expect(await status()).toEqual({ code: 3, state: "stopped" });
    const pid = await start();
    expect(sandbox.discord.sessions).toMatchObject([{ connected: true }]);
    expect(await status()).toMatchObject({ code: 0, state: "ready", pid, reasons: [] });
    expect(await bot("status")).toMatchObject({ stdout: expect.stringMatching(`^ready: process ${pid}, version`) });

    const second = await bot("start");
    expect(second).toMatchObject({ code: 75, stdout: "" });
    expect(second.stderr).toMatch(new RegExp(`^The bot runs already: process ${pid}, running for \\d+ (s|min)\\.`));

    sandbox.backend.addFault({ kind: "latency", ms: 300, route: "/trading/signal" });
    const { discord } = sandbox;
    const used = { kind: "command", name: "signal", options: { pair: "EUR/USD" } } as const;
    const inFlight = discord.interact({ ...used, personId: discord.addPerson().id });
    await inFlight.until(({ saw }) => saw === "thinking");
    const stopped = await bot("stop");
    expect(stopped).toMatchObject({ code: 0, stderr: "" });
    expect(stopped.stdout).toMatch(new RegExp(`^Process ${pid} was asked to stop.*\\nStopped after`));
    expect(inFlight.report()).toMatchObject({ saw: "answered", answersShown: 1 });
    expect(alive(pid)).toBe(false);
    expect(await status()).toEqual({ code: 3, state: "stopped" });
    expect(await bot("stop")).toEqual({ code: 0, stdout: "Nothing runs.\n", stderr: "" });
    expect(readFileSync(logFile, "utf8")).toMatch(/"message":"stopped","exitCode":0}\n$/);
  });

  it("restarts it as another process, also when none runs", async () => {
    const first = await bot("restart");
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing runs\.\nReady: process /) });
    const { pid } = await status();
    expect(await bot("restart")).toMatchObject({ code: 0 });
    const again = await status();
    expect(again).toMatchObject({ code: 0, state: "ready" });
    expect(again.pid).not.toBe(pid);
  });

  it("kills one that hangs, after the time it has to answer what is in flight", async () => {
    const pid = await start();
    process.kill(pid, "SIGSTOP");
    expect(await status()).toMatchObject({ code: 1, state: "hangs", pid });
    expect(await bot("start")).toMatchObject({ code: 75, stderr: expect.stringContaining(`process ${pid}`) });
    const { code, stdout } = await bot("stop");
    expect(code).toBe(0);
    expect(stdout).toMatch(/It did not end, and was killed after \d/);
    expect(alive(pid)).toBe(false);
    expect(await status()).toEqual({ code: 3, state: "stopped" });
  });

  it("knows at once that one died of kill -9, believes no stale pid file, and harms nobody whose number is in it", async () => {
    const killed = await start();
    const pidFile = pidFilePath({ fingerprint: tokenFingerprint(sandbox.discord.botToken), pidDir: folder });
    const left = JSON.parse(readFileSync(pidFile, "utf8"));
    expect(left).toMatchObject({ pid: killed });
    process.kill(killed, "SIGKILL");
    await expect.poll(async () => (await status()).code).toBe(3);
    const innocent = spawn("sleep", ["60"]);
    writeFileSync(pidFile, JSON.stringify({ ...left, pid: innocent.pid }));
    expect(await bot("stop")).toMatchObject({ code: 0, stdout: "Nothing runs.\n" });
    expect(await status()).toEqual({ code: 3, state: "stopped" });
    const next = await start();
    expect(next).not.toBe(killed);
    expect(alive(innocent.pid ?? -1)).toBe(true);
    innocent.kill();
  });

  it("is degraded without Redis, and the exit code says so", async () => {
    await start({ REDIS_URL: `redis://127.0.0.1:${await findFreePort()}` });
    expect(await status()).toMatchObject({
      code: 2,
      state: "degraded",
      reasons: [expect.stringMatching(/^redis is/)],
    });
  });

  it("says why it does not start, without the token, and ends as the bot does", async () => {
    const token = "a-token-that-is-wrong-and-secret";
    const refused = await bot("start", { DISCORD_BOT_TOKEN: token });
    expect(refused).toMatchObject({ code: 78, stdout: "" });
    expect(refused.stderr).toMatch(/^It ended with exit code 78:\n {2}.*DISCORD_BOT_TOKEN: reset it/);
    expect(refused.stderr).not.toContain(token);

    const incomplete = await bot("start", { BACKEND_API_KEY: "" });
    expect(incomplete).toMatchObject({ code: 78, stderr: expect.stringContaining("BACKEND_API_KEY: is missing") });
    const bad = await bot("start", { HTTP_PORT: "70000" });
    expect(bad).toMatchObject({ code: 78, stderr: expect.stringContaining("HTTP_PORT: expected a port") });
    const noLog = await bot("start", { LOG_DIR: "/dev/null/logs" });
    expect(noLog).toMatchObject({ code: 1, stderr: expect.stringContaining("/dev/null/logs (ENOTDIR)") });
    for (const verb of ["start", "restart"]) {
      const lockless = await bot(verb, { INSTANCE_MODE: "off" });
      expect(lockless).toMatchObject({ code: 78, stderr: expect.stringContaining("With INSTANCE_MODE=off") });
    }
    expect(await status()).toEqual({ code: 3, state: "stopped" });
  });

  it("lets one that waits for Discord go on waiting, and says so", async () => {
    const fault = { outcome: { kind: "status", status: 503, processed: false } } as const;
    sandbox.discord.addRouteFault({ method: "GET", route: "/gateway/bot", fault });
    const waiting = await bot("start --wait 8");
    expect(waiting).toMatchObject({ code: 1, stdout: "" });
    expect(waiting.stderr).toMatch(/^Process \d+ is not ready after 8 s, and goes on trying\. Last it said:\n {2}\S/);
    expect(await status()).toMatchObject({ code: 1, state: "notReady" });
  });

  it("shows the log, and what is added to it", async () => {
    rmSync(logFile, { force: true });
    expect(await bot("logs")).toMatchObject({ code: 1, stderr: expect.stringContaining("There is no ") });
    const pid = await start();
    const { code, stdout } = await bot("logs --no-follow --lines 500");
    expect({ code, last: stdout.trimEnd().split("\n").at(-1) }).toEqual({
      code: 0,
      last: expect.stringContaining("ready: interactions reach the bot"),
    });
    const following = spawn(inRepository("node_modules/.bin/tsx"), [inRepository("scripts/bot.ts"), "logs"], {
      env: { PATH: process.env.PATH, ...env },
      cwd: folder,
    });
    const lines = createInterface(following.stdout);
    const asked = new Promise<string>((resolve) => {
      lines.on("line", (line) => {
        if (line.includes("ready: interactions reach the bot")) process.kill(pid, "SIGTERM");
        if (line.includes('"message":"stopped"')) resolve(line);
      });
    });
    expect(await asked).toContain('"exitCode":0');
    const ended = new Promise((resolve) => following.once("exit", resolve));
    following.kill("SIGTERM");
    await ended;
  });
});
