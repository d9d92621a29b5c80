import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Clock } from "../clock.ts";
import type { Allowance, Excess, Used } from "../interactions/index.ts";
import { withinPatience } from "../patience.ts";

/** What one person may use in a minute; 0 is without a limit. */
export interface AllowanceLimits {
  readonly commandsPerMinute: number;
  /** Selects and forms too. */
  readonly buttonsPerMinute: number;
  readonly suggestionsPerMinute: number;
}

export interface AllowanceOptions {
  readonly redis: Redis;
  /** Names the bot token, so that several bots can share one Redis. */
  readonly fingerprint: string;
  readonly clock: Clock;
  readonly limits: AllowanceLimits;
}

type AllowanceName = "commands" | "stops" | "buttons" | "suggestions";

const windowSeconds = 60;

/** What an answer may wait for the count that all processes share: Redis nearby answers in one or two, ms. */
const sharedPatienceMs = 50;

/**
 * Whatever else somebody has used up, messages they do not want they can stop. Counted all the same, because stopping asks
 * the backend as well.
 */
const waysToStop: readonly string[] = ["unsubscribe", "notifications"];

export function createAllowance({ limits, ...shared }: AllowanceOptions): Allowance {
  const { commandsPerMinute, buttonsPerMinute, suggestionsPerMinute } = limits;
  const counts: Readonly<Record<AllowanceName, PersonCount>> = {
    commands: countPerPerson("commands", commandsPerMinute, shared),
    stops: countPerPerson("stops", commandsPerMinute, shared),
    buttons: countPerPerson("buttons", buttonsPerMinute, shared),
    suggestions: countPerPerson("suggestions", suggestionsPerMinute, shared),
  };
  return { take: (personId, used) => counts[countedAs(used)](personId) };
}

function countedAs({ kind, name }: Used): AllowanceName {
  switch (kind) {
    case "command":
      return waysToStop.includes(name) ? "stops" : "commands";
    case "component":
    case "modal":
      return "buttons";
    case "autocomplete":
      return "suggestions";
  }
}

/** Counts one use of a person's. @returns what is too much about it */
type PersonCount = (personId: string) => Promise<Excess | undefined>;

/**
 * Each use has to fit two counts: the one of this process, which nothing can delay, and the one in Redis that all processes
 * share, as long as Redis answers. Counting here always, and not only when Redis fails, is what makes it an insurance: an
 * outage, or an answer that comes too late because this process is busy, gives nobody a second allowance.
 */
function countPerPerson(
  allowance: AllowanceName,
  mostPerMinute: number,
  { redis, fingerprint, clock }: Omit<AllowanceOptions, "limits">,
): PersonCount {
  if (mostPerMinute === 0) return async () => undefined;
  const limit = { points: mostPerMinute, duration: windowSeconds };
  const here = new RateLimiterMemory(limit);
  const everywhere = new RateLimiterRedis({
    ...limit,
    storeClient: redis,
    keyPrefix: `signalguard:${fingerprint}:allowance:${allowance}`,
    rejectIfRedisNotReady: true,
  });

  const consume = async (limiter: typeof here | typeof everywhere, personId: string): Promise<Excess | undefined> => {
    try {
      await limiter.consume(personId);
      return undefined;
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const { consumedPoints, msBeforeNext } = refusal;
      const waitMs = Math.max(1, msBeforeNext);
      return { allowance, mostPerMinute, waitMs, first: consumedPoints === mostPerMinute + 1 };
    }
  };

  const consumeShared = async (personId: string): Promise<Excess | undefined> => {
    const excess = await consume(everywhere, personId);
    // Until then the answer is known here, and Redis need not be asked.
    if (excess !== undefined) await here.block(personId, excess.waitMs / 1000);
    return excess;
  };

  return async (personId) =>
    (await consume(here, personId)) ?? (await withinPatience(clock, sharedPatienceMs, consumeShared(personId)));
}
