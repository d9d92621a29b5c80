import { createHmac } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import type { SandboxInteraction } from "../../src/sandbox/discord/api.ts";
import { publicAnswer } from "./support/person.ts";
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
/** A dead process that may run beside the others is noticed after a while. */
const patientMs = 60_000;

describe("a signal that the backend computes as a job", { timeout: patientMs }, () => {
  const world = useBot(env);
  afterEach(() => world.backend.setSignalJobs("off"));

  const hookOf = async (bot: BotProcess) => ({ url: `${await bot.operationsUrl()}/hooks/signal-ready`, secret });
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

  it.each([
    ["published", "channel"],
    ["posted", "hook"],
  ] as const)(
    "is answered after kill -9 by the next process with the same job, when the result is %s",
    async (_how, by) => {
      const pair = by === "hook" ? "EUR/JPY" : "GBP/JPY";
      const first = world.sandbox.startBot({ env: { ...env, INSTANCE_MODE: "off" } });
      await first.ready();
      await world.discord.gatewayReady(2);
      world.backend.setSignalJobs({ by: "never" });
      const using = world.newPerson().use("signal", { pair }, { faults: { onlySession: 1 } });
      await first.logged(({ step }) => step === "opened");
      await using.until(({ saw }) => saw === "thinking");
      first.kill("SIGKILL");
      await first.exited;
      await world.nextLogged("job of the backend", { step: "found" });
      const jobId = world.backend.jobs.findLast((job) => job.pair === pair)?.jobId ?? "";
      await world.backend.deliverJob(jobId, { by, hook: await hookOf(world.bot) });
      await expectAnswer(using, pair);
      expect(requestsFor(pair)).toBe(1);
    },
  );

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
