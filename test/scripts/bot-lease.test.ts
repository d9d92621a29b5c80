import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { currentLogFile } from "../../src/log-file.ts";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import { LeaseTest, leads, lease } from "../end-to-end/support/lease.ts";
import { findFreePort } from "../support/free-port.ts";
import { type ProgramResult, runScript } from "../support/run-program.ts";
import { startTestSandbox } from "../support/sandbox.ts";

/** Of two hosts, one is what `npm run bot` knows here. The other is a process started beside it, without this machine's lock. */
describe("npm run bot with a lease", { timeout: 180_000 }, () => {
  let test: LeaseTest;
  let env: Readonly<Record<string, string>>;
  const folder = mkdtempSync(join(tmpdir(), "signalguard-control-"));

  beforeAll(async () => {
    test = new LeaseTest(await startTestSandbox());
    env = {
      ...{ ...test.sandbox.environment, ...lease },
      HTTP_PORT: String(await findFreePort()),
      LOG_DIR: join(folder, "logs"),
      XDG_RUNTIME_DIR: folder,
      DRAIN_TIMEOUT_MS: "1000",
    };
  });
  afterEach(async () => {
    await bot("stop");
    await test.end();
  });
  afterAll(async () => {
    await test.sandbox.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const bot = (verb: string, changed: Readonly<Record<string, string>> = {}): Promise<ProgramResult> =>
    runScript("bot.ts", verb.split(" "), { env: { ...env, ...changed }, cwd: folder });
  /** `part` is what it says of its part in the lease. */
  const start = async (verb: "start" | "restart" = "start", changed: Readonly<Record<string, string>> = {}) => {
    const { code, stdout, stderr } = await bot(verb, changed);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const said = /^Ready: process (\d+), after [\d.]+ s(?:; it (.+))?\. Its log: npm run bot -- logs$/m.exec(stdout);
    return { pid: Number(said?.[1]), part: said?.[2], stdout };
  };
  const status = async () => {
    const { code, stdout } = await bot("status --json");
    return { code, ...JSON.parse(stdout) };
  };
  const startLeaderElsewhere = async (changed: Readonly<Record<string, string>> = {}): Promise<BotProcess> => {
    await start("start", { HTTP_PORT: "0" });
    const elsewhere = await test.startStandby(changed);
    await bot("stop");
    await leads(elsewhere);
    return elsewhere;
  };

  it("starts the leader, says that it is, and refuses a second one", async () => {
    const { pid, part } = await start();
    expect(part).toMatch(/^leads \(epoch \d+\)$/);
    expect(await status()).toMatchObject({ code: 0, state: "ready", pid, role: "leader", reasons: [] });
    const said = new RegExp(
      `^ready: process ${pid}, version [\\d.]+, running for \\d+ (s|min), leads \\(epoch \\d+\\)\n$`,
    );
    expect(await bot("status")).toMatchObject({ code: 0, stdout: expect.stringMatching(said) });
    const second = await bot("start");
    expect(second).toMatchObject({ code: 75, stdout: "" });
    expect(second.stderr).toMatch(
      new RegExp(`^The bot runs already: process ${pid}, running for \\d+ (s|min), leads \\(epoch \\d+\\)\\.`),
    );
  });

  it("stops the leader, which hands over and ends what it began", async () => {
    const { pid } = await start();
    const elsewhere = await test.startStandby();
    expect(elsewhere.output.join("\n")).toContain("another process of this machine asks for the lease too");
    test.sandbox.backend.addFault({ kind: "latency", ms: 900, route: "/trading/signal", times: 1 });
    const inFlight = test.use("signal", { pair: "EUR/USD" });
    await inFlight.until(({ saw }) => saw === "thinking");
    const stopped = await bot("stop");
    expect(stopped).toMatchObject({ code: 0, stderr: "" });
    expect(stopped.stdout).toMatch(new RegExp(`^Process ${pid} was asked to stop.*\nStopped after`));
    const led = await leads(elsewhere);
    const { visible, answersShown } = inFlight.report();
    expect({ visible: visible.length, answersShown }).toEqual({ visible: 1, answersShown: 1 });
    expect((await test.use("ping").answered()).visible).toHaveLength(1);
    const asked = readFileSync(join(env.LOG_DIR ?? "", currentLogFile), "utf8")
      .split("\n")
      .findLast((line) => line.includes('"message":"asked to stop"'));
    const tookMs = Date.parse(String(led.time)) - Date.parse(JSON.parse(asked ?? "{}").time);
    process.stdout.write(`handover by npm run bot -- stop, until the other is connected: ${tookMs} ms\n`);
    expect(await status()).toEqual({ code: 3, state: "stopped" });
    expect(await bot("stop")).toEqual({ code: 0, stdout: "Nothing runs.\n", stderr: "" });
  });

  it("starts a standby, says who leads, and stops it without a change of the leader", async () => {
    const elsewhere = await startLeaderElsewhere();
    const { pid, part } = await start();
    expect(part).toMatch(new RegExp(`^stands by while process ${elsewhere.pid} on \\S+ leads \\(epoch \\d+\\)$`));
    const leader = expect.stringMatching(new RegExp(`^process ${elsewhere.pid} on `));
    const epoch = Number(/\d+(?=\)$)/.exec(part ?? ""));
    expect(await status()).toMatchObject({
      code: 0,
      state: "standby",
      pid,
      role: "standby",
      leader,
      epoch,
      reasons: [],
    });
    expect(await bot("status")).toMatchObject({ code: 0, stdout: expect.stringContaining(`, ${part}\n`) });
    expect(await bot("start")).toMatchObject({ code: 75, stderr: expect.stringContaining(`, ${part}. npm run bot`) });
    expect((await bot("stop")).stdout).toContain("Stopped after");
    expect(elsewhere.output.filter((line) => line.includes('"leading"'))).toHaveLength(1);
    expect((await test.use("ping").answered()).visible).toHaveLength(1);
  });

  it("restarts the leader as a standby of whoever leads by then, and a standby as one", async () => {
    const { pid } = await start();
    const elsewhere = await test.startStandby();
    const standsBy = expect.stringContaining(`stands by while process ${elsewhere.pid} on `);
    const again = await start("restart");
    expect(again).toMatchObject({
      part: standsBy,
      stdout: expect.stringContaining(`Process ${pid} was asked to stop`),
    });
    expect(await start("restart")).toMatchObject({ part: standsBy });
    expect(again.pid).not.toBe(pid);
  });

  it("starts at once after kill -9, and leads when the lease of the killed one is over", async () => {
    const { pid } = await start();
    process.kill(pid, "SIGKILL");
    await expect.poll(async () => (await status()).code).toBe(3);
    const next = await start();
    expect(next.pid).not.toBe(pid);
    await expect.poll(status, { timeout: 30_000 }).toMatchObject({ code: 0, pid: next.pid, role: "leader" });
  });

  it("kills a leader that hangs, after the time it has to answer what is in flight", async () => {
    const { pid } = await start();
    const elsewhere = await test.startStandby();
    process.kill(pid, "SIGSTOP");
    expect(await status()).toMatchObject({ code: 1, state: "hangs", pid });
    expect(await bot("start")).toMatchObject({ code: 75, stderr: expect.stringContaining(`process ${pid}, running`) });
    const stopped = await bot("stop");
    expect(stopped).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("It did not end, and was killed after "),
    });
    expect(await status()).toEqual({ code: 3, state: "stopped" });
    await leads(elsewhere);
  });

  it("stands by without Redis, and says what it waits for", async () => {
    const { part } = await start("start", { REDIS_URL: `redis://127.0.0.1:${await findFreePort()}` });
    expect(part).toBe("stands by");
    const reasons = [expect.stringMatching(/^redis cannot say who leads: /)];
    expect(await status()).toMatchObject({ code: 0, state: "standby", reasons });
  });

  it("changes between a lease and none with a restart, and does not start one beside the other", async () => {
    const { pid } = await start();
    expect(await bot("start", { INSTANCE_MODE: "lock" })).toMatchObject({
      code: 75,
      stderr: expect.stringContaining(`The bot runs already: process ${pid}`),
    });
    const alone = await start("restart", { INSTANCE_MODE: "lock" });
    expect(alone).toMatchObject({
      part: undefined,
      stdout: expect.stringContaining(`Process ${pid} was asked to stop`),
    });
    expect(await bot("start")).toMatchObject({ code: 75, stderr: expect.stringContaining(`process ${alone.pid}`) });
    expect((await start("restart")).part).toMatch(/^leads/);
  });

  it("does not call it nothing when one runs that it cannot stop", async () => {
    const elsewhere = await startLeaderElsewhere({ HTTP_PORT: env.HTTP_PORT ?? "" });
    expect(await status()).toMatchObject({ code: 0, state: "ready", pid: elsewhere.pid, role: "leader" });
    const stopped = await bot("stop");
    expect(stopped).toMatchObject({ code: 1, stdout: "" });
    expect(stopped.stderr).toContain(`Process ${elsewhere.pid} answers at port ${env.HTTP_PORT}, and holds no lock`);
  });
});
