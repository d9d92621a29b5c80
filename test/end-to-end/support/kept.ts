import { Redis } from "ioredis";
import type { SandboxInteraction } from "../../../src/sandbox/discord/api.ts";
import type { TestSandbox } from "../../support/sandbox.ts";

/** Where `REDIS_DB` points by default. */
const db = 2;

async function withRedis<T>({ redis: { url } }: TestSandbox, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { db });
  return use(redis).finally(() => redis.disconnect());
}

/** How a bot's session at Discord is kept for the next one. */
export interface KeptSession {
  readonly key: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Resolves when there is one. */
export const readKeptSession = (sandbox: TestSandbox): Promise<KeptSession> =>
  withRedis(sandbox, async (redis) => {
    for (;;) {
      const [key] = await redis.keys("signalguard:*:gateway:session:*");
      if (key !== undefined) return { key, fields: await redis.hgetall(key) };
    }
  });

/** As if the bot had died before it could write how far it is in its session: what came since will come again. */
export const putBack = (sandbox: TestSandbox, { key, fields }: KeptSession): Promise<unknown> =>
  withRedis(sandbox, (redis) => redis.hset(key, { ...fields }));

/** What is kept about an interaction: `open` is its record. */
export const keptOf = (sandbox: TestSandbox, { id }: SandboxInteraction): Promise<readonly string[]> =>
  withRedis(sandbox, async (redis) => {
    const keys = await redis.keys(`signalguard:*:interaction:${id}:*`);
    return keys.map((key) => key.slice(key.lastIndexOf(":") + 1)).sort();
  });

/** Resolves when the next bot can know that somebody waits, and that it was being answered. */
export async function isLeftOpen(sandbox: TestSandbox, interaction: SandboxInteraction): Promise<void> {
  while ((await keptOf(sandbox, interaction)).join() !== "claim,open");
}
