import { Redis } from "ioredis";
import { delay, systemClock } from "../../clock.ts";
import type { BotProcess } from "../bot-process.ts";
import type { SandboxMessage } from "../discord/api.ts";
import type { OwnRedis } from "../redis.ts";
import type { Sandbox } from "../sandbox.ts";
import { Market, type Outcome, outcomeOf, type PublishedSignal } from "./market.ts";
import { startBenchmarkSandbox } from "./stage.ts";
import { percentile, randomNumbers } from "./statistics.ts";

export interface ThroughputResult {
  readonly people: number;
  readonly configuredPerSecond: number;
  /** From the first message to the last. */
  readonly sentPerSecond: number;
}

export interface LatencyResult {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface SharingResult {
  readonly outcome: Outcome;
  /** Messages sent by each process. */
  readonly sentBy: readonly number[];
}

const requestsPerSecond = 25;
const env = {
  DELIVERY_REQUESTS_PER_SECOND: String(requestsPerSecond),
  DM_OPENS_PER_SECOND: "45",
  NOTIFICATION_INTERVAL_MS: "0",
  NOTIFICATION_EDIT_WITHIN_MS: "0",
};

/** One signal for each of so many people whose channels are known: how fast they leave. */
export function measureThroughput(people: number): Promise<ThroughputResult> {
  return withBot([env], async (stage) => {
    const ids = stage.addPeople(people);
    await stage.deliver(ids);
    const messages = await stage.deliver(ids);
    const times = messages.map(({ createdAt }) => createdAt);
    const seconds = (Math.max(...times) - Math.min(...times)) / 1000;
    // The first message ends no interval.
    return { people, configuredPerSecond: requestsPerSecond, sentPerSecond: (people - 1) / seconds };
  });
}

/** From PUBLISH to the direct message at Discord, one at a time, with nothing else to do. */
export function measureLatency(count: number): Promise<LatencyResult> {
  return withBot([env], async (stage) => {
    // A person each: Discord takes five messages in five seconds to one channel (`discord-facts.md` 4.2).
    const ids = stage.addPeople(count);
    await stage.deliver(ids);
    const latenciesMs: number[] = [];
    for (const id of ids) {
      const startMs = systemClock.now();
      const [message] = await stage.deliver([id]);
      latenciesMs.push((message?.createdAt ?? Number.NaN) - startMs);
      await delay(systemClock, 100);
    }
    return {
      p50Ms: percentile(latenciesMs, 50) ?? Number.NaN,
      p99Ms: percentile(latenciesMs, 99) ?? Number.NaN,
    };
  });
}

/** Two processes on one queue. */
export function measureSharing(people: number): Promise<SharingResult> {
  const shared = { ...env, INSTANCE_MODE: "off" };
  return withBot([shared, shared], async (stage) => {
    const ids = stage.addPeople(people);
    await stage.deliver(ids);
    return { outcome: outcomeOf(stage.sandbox.discord, stage.published), sentBy: await stage.sentBy() };
  });
}

interface DeliveryStage {
  readonly sandbox: Sandbox<OwnRedis>;
  readonly published: readonly PublishedSignal[];
  addPeople(count: number): readonly string[];
  /** Publishes one signal for each and resolves with the messages that bring them. */
  deliver(personIds: readonly string[]): Promise<readonly SandboxMessage[]>;
  sentBy(): Promise<readonly number[]>;
}

async function withBot<T>(
  environments: readonly Readonly<Record<string, string>>[],
  use: (stage: DeliveryStage) => Promise<T>,
): Promise<T> {
  const sandbox = await startBenchmarkSandbox({ appendOnly: true });
  const { discord } = sandbox;
  const redis = new Redis(sandbox.redis.url, { db: 2 });
  const market = new Market();
  const random = randomNumbers(1);
  const published: PublishedSignal[] = [];
  try {
    const bots = environments.map((env) => sandbox.startBot({ env }));
    await Promise.all(bots.map((bot) => bot.ready()));
    return await use({
      sandbox,
      published,
      addPeople: (count) => Array.from({ length: count }, () => discord.addPerson().id),
      async deliver(personIds) {
        const messages = personIds.map((id) => discord.nextDirectMessage(id, discord.directMessages(id).length));
        for (const id of personIds) {
          const signal = market.signal(id, random);
          published.push(signal);
          await redis.publish("trading-signals", signal.payload);
        }
        return Promise.all(messages);
      },
      sentBy: () => Promise.all(bots.map(deliveredBy)),
    });
  } finally {
    redis.disconnect();
    await sandbox.stop();
  }
}

/** As its own metrics count them. */
async function deliveredBy(bot: BotProcess): Promise<number> {
  const response = await fetch(`${await bot.operationsUrl()}/metrics`);
  const line = (await response.text())
    .split("\n")
    .find((text) => text.startsWith("signalguard_notifications_total{") && text.includes('end="delivered"'));
  return Number(line?.split(" ").at(-1) ?? Number.NaN);
}
