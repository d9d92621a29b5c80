import { createHmac } from "node:crypto";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import type { SandboxInteraction } from "../../src/sandbox/discord/api.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";
import { publicAnswer, TestPerson } from "./support/person.ts";
import { useBot } from "./support/use-bot.ts";

const secret = "the-secret-of-the-signal-webhook";
const env = {
  SIGNAL_WEBHOOK_SECRET: secret,
  INSTANCE_MODE: "off",
  LOG_LEVEL: "debug",
  // Each test asks for its pairs anew.
  SIGNAL_FRESH_MS: "0",
  SIGNAL_STALE_MS: "0",
};
const hookOf = async (bot: BotProcess) => ({ url: `${await bot.operationsUrl()}/hooks/signal-ready`, secret });

const patientMs = 60_000;

describe("a signal that the backend computes as a job", { timeout: patientMs }, () => {
  const world = useBot(env);
  afterEach(() => world.backend.setSignalJobs("off"));

  const requestsFor = (pair: string) => world.backend.requests.filter(({ query }) => query.pair === pair).length;

  /** Somebody asks for a signal, the backend begins a job, and the bot waits for it. */
  const begin = async (pair: string, bot = world.bot) => {
    world.backend.setSignalJobs({ by: "never" });
    const using = world.newPerson().use("signal", { pair });
    await bot.logged(({ step }) => step === "opened");
    await using.until(({ saw }) => saw === "thinking");
    const jobId = world.backend.jobs.findLast((job) => job.pair === pair)?.jobId ?? "";
    return { using, jobId };
  };
  const expectAnswer = async (using: SandboxInteraction, pair: string) =>
    expect((await publicAnswer(using)).title).toContain(pair);

  it("is answered when the result is published", async () => {
    world.backend.setSignalJobs({ by: "channel", afterMs: 500 });
    await expectAnswer(world.newPerson().use("signal", { pair: "EUR/USD" }), "EUR/USD");
    expect(requestsFor("EUR/USD")).toBe(1);
  });

  it("is answered when the result is posted, which harms nobody when it is posted again", async () => {
    const { using, jobId } = await begin("GBP/USD");
    const hook = await hookOf(world.bot);
    await world.backend.deliverJob(jobId, { by: "hook", hook });
    await expectAnswer(using, "GBP/USD");
    await world.backend.deliverJob(jobId, { by: "hook", hook });
    expect(using.report().answersShown).toBe(1);
  });

  it("is answered also when the result comes before the backend's own answer", async () => {
    world.backend.setSignalJobs({ by: "channel", afterMs: 0, answerAfterMs: 500 });
    await expectAnswer(world.newPerson().use("signal", { pair: "USD/CHF" }), "USD/CHF");
    expect(requestsFor("USD/CHF")).toBe(1);
  });

  it("is told as a failure when the job fails", async () => {
    world.backend.setSignalJobs({ by: "channel", afterMs: 100, error: "no model for it" });
    const { content } = await world.newPerson().readPrivate("signal", { pair: "USD/CAD" });
    expect(content).toMatch(/^The trading backend cannot be reached/);
  });

  it("is answered in both of two processes that wait for it, whichever hears of the result", async () => {
    const second = world.sandbox.startBot({ env });
    await second.ready();
    await world.discord.gatewayReady(2);
    world.backend.setSignalJobs({ by: "never" });
    const asking = [0, 1].map((onlySession) =>
      world.newPerson().use("signal", { pair: "NZD/USD" }, { faults: { onlySession } }),
    );
    for (const using of asking) await using.until(({ saw }) => saw === "thinking");
    await Promise.all(
      [world.bot, second].map((bot) => bot.logged(({ step }) => step === "opened" || step === "found")),
    );
    for (const { jobId } of world.backend.jobs.filter(({ pair }) => pair === "NZD/USD")) {
      await world.backend.deliverJob(jobId, { by: "hook", hook: await hookOf(second) });
    }
    for (const using of asking) await expectAnswer(using, "NZD/USD");
    await second.stop();
  });

  it("refuses what is not signed, and takes no harm from what is no result", async () => {
    const { using, jobId } = await begin("AUD/JPY");
    const { url } = await hookOf(world.bot);
    const post = async (body: string, seconds = Math.floor(Date.now() / 1000), key = secret) => {
      const signature = createHmac("sha256", key).update(`${seconds}.${body}`).digest("hex");
      return (await fetch(url, { method: "POST", body, headers: { "x-signature": `t=${seconds},v1=${signature}` } }))
        .status;
    };
    const right = JSON.stringify({ jobId, signal: { pair: "AUD/JPY", signal: "buy" } });
    expect(await post(right, undefined, "somebody-elses-secret")).toBe(401);
    expect(await post(right, Math.floor(Date.now() / 1000) - 3_600)).toBe(401);
    for (const hostile of [
      "",
      "{",
      "[]",
      JSON.stringify({ jobId }),
      JSON.stringify({ jobId: "__proto__", signal: 1 }),
    ]) {
      expect(await post(hostile)).toBe(400);
    }
    expect(await post("x".repeat(100_000))).toBe(413);
    expect(using.report().saw).toBe("thinking");
    expect(await post(right)).toBe(202);
    await expectAnswer(using, "AUD/JPY");
    expect(world.bot.output.join("\n")).not.toContain(secret);
  });

  it("is answered by the webhook while Redis is down", async () => {
    const { using, jobId } = await begin("EUR/AUD");
    await world.redis.halt();
    await world.backend.deliverJob(jobId, { by: "hook", hook: await hookOf(world.bot) });
    await expectAnswer(using, "EUR/AUD");
    await world.redis.start();
  });
});

describe("a job whose bot is killed", { timeout: patientMs }, () => {
  let sandbox: TestSandbox;
  let redis: Redis;
  beforeEach(async () => {
    sandbox = await startTestSandbox();
    redis = new Redis(sandbox.redis.url, { db: 2 });
    sandbox.backend.setSignalJobs({ by: "never" });
  });
  afterEach(async () => {
    redis.disconnect();
    await sandbox.stop();
  });

  it.each([
    ["published", "channel"],
    ["posted", "hook"],
  ] as const)(
    "is waited for by the next bot, which asks for no other, and answered when the result is %s",
    async (_how, by) => {
      const { backend, discord } = sandbox;
      const settings = { env: { SIGNAL_WEBHOOK_SECRET: secret, LOG_LEVEL: "debug" } };
      const first = sandbox.startBot(settings);
      await first.ready();
      const using = new TestPerson(discord, {}).use("signal", { pair: "EUR/USD" });
      // By then it is recorded that the person waits. Of the job the log can be ahead of what Redis has been told.
      await first.logged(({ interactionId, ownership }) => interactionId === using.id && ownership === "owned");
      await expect.poll(() => redis.keys("signalguard:signal-jobs:*:open:*"), { timeout: 20_000 }).toHaveLength(1);
      first.kill("SIGKILL");
      await first.exited;
      const second = sandbox.startBot(settings);
      await second.logged(({ step }) => step === "found");
      await second.logged(({ message }) => message === "listening on signal-ready");
      const [job] = backend.jobs;
      await backend.deliverJob(job?.jobId ?? "", { by, hook: await hookOf(second) });
      expect((await publicAnswer(using)).title).toContain("EUR/USD");
      expect(backend.jobs).toHaveLength(1);
    },
  );
});

describe("a job whose result never comes", { timeout: patientMs }, () => {
  const world = useBot({ SIGNAL_JOB_TIMEOUT_MS: "1000" });

  it("is asked for once more, and ends in a sentence", async () => {
    world.backend.setSignalJobs({ by: "never" });
    const requests = await world.backendRequestsDuring(async () => {
      const { content } = await world.newPerson().readPrivate("signal", { pair: "EUR/USD" });
      expect(content).toMatch(/^The trading backend did not answer in time/);
    });
    expect(requests).toHaveLength(2);
  });
});
