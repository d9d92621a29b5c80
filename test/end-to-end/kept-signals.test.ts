import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import { type TestWorld, useBot } from "./support/use-bot.ts";

const requestsOf = (interaction: { report(): { readonly attempts: readonly { readonly request: string }[] } }) =>
  interaction.report().attempts.map(({ request }) => request);

describe("a signal that was asked for lately", () => {
  const world = useBot();
  const [eurUsd, gbpUsd] = [{ pair: "EUR/USD" }, { pair: "GBP/USD" }];

  it("is the one reply, without thinking, and the backend is not asked", async () => {
    const first = await world.newPerson().readPublic("signal", eurUsd);
    const using = world.newPerson().use("signal", eurUsd);
    const requests = await world.backendRequestsDuring(() => using.answered());
    expect(requests).toEqual([]);
    expect(requestsOf(using)).toEqual(["callback"]);
    expect(using.report()).toMatchObject({ answersShown: 1, visible: [{ ephemeral: false }] });
    expect(first.title).toContain("EUR/USD");
  });

  it("is asked for once, however many people ask while the backend takes its time", async () => {
    world.backend.addFault({ kind: "latency", ms: 300, route: "/trading/signal" });
    const requests = await world.backendRequestsDuring(() =>
      Promise.all(Array.from({ length: 20 }, () => world.newPerson().readPublic("signal", gbpUsd))),
    );
    expect(requests).toHaveLength(1);
  });

  it("is another one for another timeframe or period", async () => {
    const requests = await world.backendRequestsDuring(async () => {
      await world.newPerson().readPublic("signal", { ...eurUsd, timeframe: "4h" });
      await world.newPerson().readPublic("signal", { ...eurUsd, period: "position" });
    });
    expect(requests).toHaveLength(2);
  });

  it("comes from memory while Redis is down", async () => {
    const lost = world.nextLogged("disconnected from Redis");
    await world.redis.halt("kill");
    await lost;
    const requests = await world.backendRequestsDuring(() => world.newPerson().readPublic("signal", eurUsd));
    expect(requests).toEqual([]);
    const back = world.nextLogged("connected to Redis");
    await world.redis.start();
    await back;
  });
});

describe("a signal that another process asked for", () => {
  const world = useBot({ INSTANCE_MODE: "off" });
  const use = async (bot: BotProcess, pair: string) => {
    const { id } = world.discord.interact({
      ...{ kind: "command", name: "signal", options: { pair } },
      personId: world.newPerson().id,
    });
    await bot.logged(({ interactionId, message }) => interactionId === id && message === "interaction finished");
  };
  const another = async (): Promise<BotProcess> => {
    await world.bot.stop();
    const bot = world.sandbox.startBot({ env: { INSTANCE_MODE: "off" } });
    await bot.ready();
    await bot.logged(({ message }) => message === "connected to Redis");
    return bot;
  };

  it("is shared through Redis, unless what stands there is poisoned", async () => {
    for (const pair of ["EUR/USD", "GBP/USD"]) await use(world.bot, pair);
    const redis = new Redis(world.redis.url, { db: 2 });
    await expect.poll(() => redis.keys("signalguard:signals:*")).toHaveLength(2);
    const poisoned = (await redis.keys("signalguard:signals:*GBP/USD*"))[0] ?? "";
    await redis.set(poisoned, '{"signal":{"pair":"GBP/USD","direction":"moon"},"saidAtMs":1}');
    redis.disconnect();
    const bot = await another();
    expect(await world.backendRequestsDuring(() => use(bot, "EUR/USD"))).toEqual([]);
    const requests = await world.backendRequestsDuring(() => use(bot, "GBP/USD"));
    expect(requests.map(({ query }) => query.pair)).toEqual(["GBP/USD"]);
    expect((await world.newPerson().readPublic("signal", { pair: "GBP/USD" })).title).toContain("GBP/USD");
    await bot.stop();
  });
});

/** Everything is old at once, and nothing is given without having asked. */
const oldAtOnce = { SIGNAL_FRESH_MS: "0", SIGNAL_STALE_MS: "0" };

async function readOutdated(world: TestWorld, pair: string): Promise<string> {
  const { description } = await world.newPerson().readPublic("signal", { pair });
  return description.split("\n")[1]?.replace(/<t:\d+:R>/, "AGE") ?? "";
}

describe("a signal of some time ago, while the backend fails", () => {
  const world = useBot(oldAtOnce);

  it("is shown with its age and why, and a pair nobody asked for is a sentence", async () => {
    await world.newPerson().readPublic("signal", { pair: "EUR/USD" });
    world.backend.addFault({ kind: "503", route: "/trading/signal" });
    expect(await readOutdated(world, "EUR/USD")).toBe(texts.signal.outdated.failing("AGE"));
    const { content } = await world.newPerson().readPrivate("signal", { pair: "USD/CHF" });
    expect(content).toContain(texts.failure.down);
  });
});

describe("a signal of some time ago, while the backend's limit is used up", () => {
  const world = useBot(oldAtOnce, { backendRateLimit: { max: 4, windowMs: 900_000 } });

  it("is shown with its age, and a pair nobody asked for is a sentence that says when to come back", async () => {
    await world.newPerson().readPublic("signal", { pair: "EUR/USD" });
    for (let i = 0; i < 3; i += 1) await world.newPerson().readPrivate("subscriptions");
    const requests = await world.backendRequestsDuring(async () => {
      expect(await readOutdated(world, "EUR/USD")).toBe(texts.signal.outdated.busy("AGE"));
      const { content } = await world.newPerson().readPrivate("signal", { pair: "EUR/GBP" });
      expect(content).toMatch(/^The trading backend is busy: .* Try again in 15 minutes\./);
    });
    expect(requests).toEqual([]);
  });
});
