import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { environmentVariables, readConfig } from "../../src/config.ts";
import type { InteractionReport } from "../../src/sandbox/discord/api.ts";
import { inRepository, runProgram } from "../support/run-program.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";

const configFile = inRepository("ecosystem.config.js");

const processes = z.array(
  z.object({
    name: z.string(),
    pid: z.number(),
    pm2_env: z.object({
      status: z.string(),
      restart_time: z.number(),
      exit_code: z.number().optional(),
      exec_mode: z.string(),
      wait_ready: z.boolean(),
      kill_timeout: z.number(),
      pm_out_log_path: z.string(),
    }),
  }),
);

describe("ecosystem.config.js under the real pm2", { timeout: 60_000 }, () => {
  let sandbox: TestSandbox;
  const home = mkdtempSync(join(tmpdir(), "signalguard-pm2-"));

  beforeAll(async () => {
    sandbox = await startTestSandbox();
  });

  afterAll(async () => {
    await pm2("kill");
    await sandbox.stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** pm2 as an operator types it, in the repository. What the sandbox does not set is empty, so that no `.env` sets it. */
  const pm2 = async (command: string, env: Readonly<Record<string, string>> = {}) => {
    const unset = Object.fromEntries(environmentVariables.map((name) => [name, ""]));
    const own = { PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: "true" };
    return runProgram(inRepository("node_modules/.bin/pm2"), command.split(" "), {
      cwd: inRepository(""),
      env: { ...unset, ...sandbox.environment, ...own, ...env },
    });
  };
  const record = async () => {
    const { stdout } = await pm2("jlist");
    const list = stdout.split("\n").findLast((line) => line.startsWith("["));
    const [only, ...others] = processes.parse(JSON.parse(list ?? "null"));
    if (only === undefined || others.length > 0) throw new Error(`not one process: ${stdout}`);
    return { pid: only.pid, ...only.pm2_env };
  };
  const log = async (): Promise<string> => {
    const { pm_out_log_path: path } = await record();
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  const use = (name: string, options = {}) => {
    const { discord } = sandbox;
    return discord.interact({ kind: "command", name, options, personId: discord.addPerson().id });
  };
  const ping = (): Promise<InteractionReport> => use("ping").answered();

  it("is online when the bot is ready, answers, restarts, answers again, and stops when all is answered", async () => {
    expect(await pm2("start ecosystem.config.js")).toMatchObject({ code: 0 });
    const online = await record();
    expect(online).toMatchObject({ status: "online", restart_time: 0, exec_mode: "fork_mode", wait_ready: true });
    // pm2 waited until the bot itself said that interactions reach it.
    expect(sandbox.discord.sessions.filter(({ connected }) => connected)).toHaveLength(1);
    expect((await ping()).saw).toBe("answered");

    expect(await pm2("restart signalguard")).toMatchObject({ code: 0 });
    const restarted = await record();
    expect(restarted).toMatchObject({ status: "online", restart_time: 1 });
    expect(restarted.pid).not.toBe(online.pid);
    expect((await ping()).saw).toBe("answered");
    expect(sandbox.discord.identifiesRemaining, "the session of the process before went on").toBe(999);

    sandbox.backend.addFault({ kind: "latency", ms: 2000, route: "/trading/signal", times: 1 });
    const inFlight = use("signal", { pair: "EUR/USD" });
    await inFlight.until(({ saw }) => saw === "thinking");
    expect(await pm2("stop signalguard")).toMatchObject({ code: 0 });
    expect(inFlight.report()).toMatchObject({ saw: "answered", answersShown: 1 });
    expect(await record()).toMatchObject({ status: "stopped", exit_code: 0, pid: 0 });
    expect(sandbox.discord.sessions).toMatchObject([{ connected: false }]);
    const stops = (await log()).split("\n").filter((line) => line.includes('"message":"stopped","exitCode":0'));
    expect(stops).toHaveLength(2);
    expect(await pm2("delete signalguard")).toMatchObject({ code: 0 });
  });

  it("is not started again when that cannot help: a wrong token, exit code 78", async () => {
    await pm2("start ecosystem.config.js", { DISCORD_BOT_TOKEN: "a-token-that-is-wrong-under-pm2" });
    // pm2 calls this "waiting restart" too, but keeps the pid of a process that it is going to start again.
    expect(await record()).toMatchObject({ exit_code: 78, restart_time: 0, pid: 0, status: "waiting restart" });
    expect(await log()).toContain("DISCORD_BOT_TOKEN: reset it");
    await pm2("delete signalguard");
  });
});

describe("ecosystem.config.js", async () => {
  const { apps } = await import(pathToFileURL(configFile).href);
  const [app, ...others] = z.array(z.record(z.string(), z.unknown())).parse(apps);

  it("describes one process, with options that this pm2 knows", () => {
    expect(others).toEqual([]);
    const schema = JSON.parse(readFileSync(inRepository("node_modules/pm2/lib/API/schema.json"), "utf8"));
    expect(Object.keys(app ?? {}).filter((option) => !(option in schema))).toEqual([]);
    expect(app).toMatchObject({ instances: 1, exec_mode: "fork", wait_ready: true });
  });

  it("leaves the bot more time to stop than it takes at most", () => {
    const required = { DISCORD_BOT_TOKEN: "t", DISCORD_CLIENT_ID: "123456789012345678", BACKEND_API_KEY: "k" };
    const { drainTimeoutMs } = readConfig(required, { terminal: false });
    // Interactions wait for twice that time, direct messages for once (`src/app.ts`); some seconds go by besides.
    expect(app?.kill_timeout).toBeGreaterThanOrEqual(3 * drainTimeoutMs + 2_000);
  });

  it("does not start again after exit codes that say it cannot help", () => {
    expect(app?.stop_exit_codes).toEqual([75, 78]);
  });
});
