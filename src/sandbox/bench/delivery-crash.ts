import { Redis } from "ioredis";
import { delay, systemClock } from "../../clock.ts";
import type { BotProcess } from "../bot-process.ts";
import type { RequestFault, RouteFault } from "../discord/api.ts";
import type { OwnRedis } from "../redis.ts";
import type { Sandbox } from "../sandbox.ts";
import { type DeliveryStats, readDeliveryStats } from "./delivery-stats.ts";
import { Market, type Outcome, outcomeOf, type PublishedSignal } from "./market.ts";
import { startBenchmarkSandbox } from "./stage.ts";
import { randomNumbers } from "./statistics.ts";

export type Way = "stream" | "channel";

export interface CrashOptions {
  readonly way: Way;
  readonly seed: number;
  readonly notifications: number;
  readonly people: number;
}

/** What became of everything that was published while the bot was killed again and again. */
export interface CrashResult {
  readonly way: Way;
  readonly published: number;
  /** Of the channel: published while nobody listened. */
  readonly unheard: number;
  readonly stats: DeliveryStats;
  readonly outcome: Outcome;
  readonly kills: number;
  readonly faults: number;
  readonly durationMs: number;
}

/** Between two notifications, on average, ms: a thousand take forty seconds, so that every kill hits work under way. */
const everyMs = 40;
/** Between the start of a bot and its end by `kill -9`, ms. */
const lifeMs = { least: 1500, most: 6000 };
/** As a supervisor waits before it starts the next one, ms. */
const restartMs = 300;
/** One person's pace: short, so that merging and waiting happen within the run, ms. */
const paceMs = 3000;
const redisAwayMs = 1500;
/** Of each request of a delivery. */
const faultProbability = 0.1;
/** For everything accepted to come to its end once the trouble is over, ms. */
const patienceMs = 180_000;
const lookEveryMs = 2000;

/** Kills the bot at random moments while notifications arrive, Discord fails and Redis is restarted once; then counts. */
export async function crashDeliveries(options: CrashOptions): Promise<CrashResult> {
  const startMs = systemClock.monotonic();
  const sandbox = await startBenchmarkSandbox({ appendOnly: true });
  const random = randomNumbers(options.seed);
  const trouble = new AbortController();
  const bot = superviseBot(sandbox);
  try {
    await bot.current().ready();
    const people = Array.from({ length: options.people }, () => sandbox.discord.addPerson().id);
    const faults = failDeliveries(sandbox, random);
    const killing = killAgainAndAgain(bot, random, trouble.signal);
    const restarting = crashRedisOnce(sandbox.redis, (options.notifications * everyMs) / 2);
    const heard = await publishAll(sandbox.redis.url, people, random, options);
    await restarting;
    trouble.abort();
    const kills = await killing;
    faults.stop();
    const stats = await awaitEnd(sandbox);
    return {
      way: options.way,
      published: options.notifications,
      unheard: options.notifications - heard.length,
      stats,
      outcome: outcomeOf(sandbox.discord, heard),
      kills,
      faults: faults.count(),
      durationMs: systemClock.monotonic() - startMs,
    };
  } finally {
    trouble.abort();
    bot.end();
    await sandbox.stop();
  }
}

interface SupervisedBot {
  current(): BotProcess;
  restart(): Promise<void>;
  end(): void;
}

function superviseBot(sandbox: Sandbox<OwnRedis>): SupervisedBot {
  const env = {
    NOTIFICATION_INTERVAL_MS: String(paceMs),
    NOTIFICATION_EDIT_WITHIN_MS: "2000",
    DELIVERY_REQUESTS_PER_SECOND: "40",
    DM_OPENS_PER_SECOND: "40",
    LOG_LEVEL: "error",
  };
  let bot = sandbox.startBot({ env });
  return {
    current: () => bot,
    async restart() {
      bot.kill("SIGKILL");
      await bot.exited;
      await delay(systemClock, restartMs);
      bot = sandbox.startBot({ env });
    },
    end: () => bot.kill("SIGKILL"),
  };
}

async function killAgainAndAgain(bot: SupervisedBot, random: () => number, signal: AbortSignal): Promise<number> {
  let kills = 0;
  for (;;) {
    await delay(systemClock, lifeMs.least + random() * (lifeMs.most - lifeMs.least), signal);
    if (signal.aborted) return kills;
    await bot.restart();
    kills += 1;
  }
}

async function crashRedisOnce(redis: OwnRedis, afterMs: number): Promise<void> {
  await delay(systemClock, afterMs);
  await redis.halt("term");
  await delay(systemClock, redisAwayMs);
  await redis.start();
}

const faultKinds: readonly RequestFault[] = [
  { outcome: { kind: "status", status: 502, processed: false } },
  { outcome: { kind: "status", status: 500, processed: true } },
  { outcome: { kind: "rateLimit", retryAfterMs: 700, scope: "user" } },
  { outcome: { kind: "reset", processed: true } },
  { outcome: { kind: "close", processed: true } },
  { outcome: { kind: "reset", processed: false } },
  { delayResponseMs: 1200 },
];
const routes: readonly Pick<RouteFault, "method" | "route">[] = [
  { method: "POST", route: "/channels/:id/messages" },
  { method: "POST", route: "/channels/:id/messages" },
  { method: "PATCH", route: "/channels/:id/messages/:id" },
  { method: "POST", route: "/users/@me/channels" },
];

/** Keeps faults waiting for the requests to come, so that about one in ten meets one. */
function failDeliveries({ discord }: Sandbox, random: () => number) {
  const removals: (() => void)[] = [];
  let stopped = false;
  const next = () => {
    if (stopped) return;
    const kind = faultKinds[Math.floor(random() * faultKinds.length)] ?? {};
    const route = routes[Math.floor(random() * routes.length)];
    if (route !== undefined) removals.push(discord.addRouteFault({ ...route, fault: kind, times: 1 }));
    systemClock.schedule((everyMs / faultProbability) * (0.5 + random()), next);
  };
  next();
  return {
    stop() {
      stopped = true;
      for (const remove of removals) remove();
    },
    count: () => removals.length,
  };
}

/**
 * A publisher that does not give up: what Redis did not confirm is sent again, which the bot has to recognise.
 *
 * @returns what was added to the stream, or published while somebody listened
 */
async function publishAll(
  redisUrl: string,
  people: readonly string[],
  random: () => number,
  { way, notifications }: CrashOptions,
): Promise<readonly PublishedSignal[]> {
  const redis = new Redis(redisUrl, { db: 2, maxRetriesPerRequest: null, retryStrategy: () => 100 });
  redis.on("error", () => {});
  const market = new Market();
  const heard: PublishedSignal[] = [];
  try {
    for (let nth = 0; nth < notifications; nth += 1) {
      const signal = market.signal(people[Math.floor(random() * people.length)] ?? "", random);
      if (await publish(redis, way, signal)) heard.push(signal);
      await delay(systemClock, everyMs * 2 * random());
    }
    return heard;
  } finally {
    redis.disconnect();
  }
}

/** @returns whether it stands in the stream, or somebody listened */
async function publish(redis: Redis, way: Way, { payload }: PublishedSignal): Promise<boolean> {
  if (way === "channel") return (await redis.publish("trading-signals", payload)) > 0;
  await redis.xadd("trading-signals:stream", "*", "payload", payload);
  return true;
}

/** Nothing open any more, twice in a row: what waits in the stream is not counted as open before it is accepted. */
async function awaitEnd(sandbox: Sandbox): Promise<DeliveryStats> {
  const deadlineMs = systemClock.monotonic() + patienceMs;
  let before: DeliveryStats | undefined;
  for (;;) {
    await delay(systemClock, lookEveryMs);
    const stats = await readDeliveryStats(sandbox.environment);
    const settled = stats.open === 0 && before?.open === 0 && before.accepted === stats.accepted;
    if (settled || systemClock.monotonic() > deadlineMs) return stats;
    before = stats;
  }
}
