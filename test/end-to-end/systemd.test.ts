import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { inRepository, runProgram } from "../support/run-program.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";
import { installSystemd, type NotifySocket, openNotifySocket } from "../support/systemd.ts";

const unitFile = inRepository("scripts/signalguard.service");

describe.runIf(process.platform === "linux")("the bot under systemd", { timeout: 60_000 }, () => {
  let sandbox: TestSandbox;
  let socket: NotifySocket;

  beforeAll(async () => {
    await installSystemd();
    sandbox = await startTestSandbox();
    socket = await openNotifySocket();
  }, 300_000);

  afterAll(async () => {
    socket.close();
    await sandbox.stop();
  });

  it("says that it is ready, that it lives, and that it stops; frozen it says nothing, so systemd would kill it", async () => {
    const watchdogMs = 3000;
    const env = { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: String(watchdogMs * 1000) };
    const bot = sandbox.startBot({ env });
    await socket.told("READY=1");
    expect(sandbox.discord.sessions).toMatchObject([{ connected: true }]);
    await socket.told("WATCHDOG=1", 3);
    bot.kill("SIGSTOP");
    await socket.silent("WATCHDOG=1", watchdogMs);
    const whileFrozen = await socket.told("WATCHDOG=1");
    bot.kill("SIGCONT");
    await socket.told("WATCHDOG=1", whileFrozen + 1);
    expect(socket.received).not.toContain("STOPPING=1");
    expect(await bot.stop()).toEqual({ code: 0, signal: null });
    await socket.told("STOPPING=1");
    expect(bot.output.join("\n")).not.toContain("systemd cannot be told");
  });

  it("says as a standby that it is ready and lives, while another process is connected", async () => {
    const leader = sandbox.startBot({ env: { INSTANCE_MODE: "lease" } });
    await leader.ready();
    const heard = await openNotifySocket();
    const env = { INSTANCE_MODE: "lease", NOTIFY_SOCKET: heard.path, WATCHDOG_USEC: "3000000" };
    const standby = sandbox.startBot({ env });
    await heard.told("READY=1");
    await standby.ready();
    await heard.told("WATCHDOG=1", 3);
    const response = await fetch(`${await standby.operationsUrl()}/readyz`);
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 200,
      body: { status: "standby" },
    });
    expect(heard.received).toContain("STATUS=stands by, to lead when nobody else does");
    await leader.stop();
    await heard.told("STATUS=interactions reach the bot");
    expect(await standby.stop()).toEqual({ code: 0, signal: null });
    await heard.told("STOPPING=1");
    heard.close();
  });

  it("says why it cannot tell systemd when it cannot, and does its work", async () => {
    const bot = sandbox.startBot({ env: { NOTIFY_SOCKET: socket.path, PATH: "/nowhere" } });
    await bot.ready();
    expect(await bot.logged(({ message }) => message.startsWith("systemd cannot be told"))).toMatchObject({
      reason: expect.stringContaining("ENOENT"),
    });
    expect(await bot.stop()).toEqual({ code: 0, signal: null });
  });

  it("has a unit that systemd accepts, with little exposed", async () => {
    const copy = join(tmpdir(), `signalguard-${process.pid}.service`);
    writeFileSync(copy, readFileSync(unitFile, "utf8").replace("/usr/bin/node", process.execPath));
    const { code, stderr } = await runProgram("systemd-analyze", ["verify", copy]);
    // Older systemd ignores what it does not know yet, and says so.
    const complaints = stderr.split("\n").filter((line) => line !== "" && !/Restart(Steps|MaxDelaySec)/.test(line));
    expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
    const security = await runProgram("systemd-analyze", ["security", "--offline=true", "--no-pager", copy]);
    const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(security.stdout) ?? [];
    expect(Number(exposure)).toBeLessThan(2.5);
  });
});

describe("scripts/signalguard.service", () => {
  const unit = parse(readFileSync(unitFile, "utf8"));

  it("runs the built bot as a user of its own, which says itself when it is ready", () => {
    expect(unit).toMatchObject({
      Type: "notify",
      NotifyAccess: "all",
      User: "signalguard",
      TimeoutStartSec: "infinity",
    });
    expect(unit.ExecStart).toMatch(/^\/\S+\/node dist\/main\.js$/);
    expect(Number(unit.WatchdogSec)).toBeGreaterThanOrEqual(30);
  });

  it("does not start again after exit codes that say it cannot help, and not without end", () => {
    expect(unit).toMatchObject({ Restart: "on-failure", RestartPreventExitStatus: "75 78" });
    expect(Number(unit.RestartMaxDelaySec)).toBeGreaterThan(Number(unit.RestartSec));
    expect(Number(unit.StartLimitBurst) * 144).toBeLessThanOrEqual(1440);
  });

  it("leaves the bot more time to stop than it takes at most", () => {
    const required = { DISCORD_BOT_TOKEN: "t", DISCORD_CLIENT_ID: "123456789012345678", BACKEND_API_KEY: "k" };
    const { drainTimeoutMs } = readConfig(required, { terminal: false });
    expect(Number(unit.TimeoutStopSec) * 1000).toBeGreaterThanOrEqual(3 * drainTimeoutMs + 2000);
  });
});

/** The directives of all sections, the last of each name. */
function parse(text: string): Readonly<Record<string, string>> {
  const lines = text.split("\n").filter((line) => /^\w+=/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}
