import type { RedisOptions } from "bullmq";

export interface RedisAddress {
  readonly url: string;
  /** Of the database; one in the path of the address wins. */
  readonly db: number;
}

/**
 * How a worker connects, once for its commands and once for waiting: both are opened by the library, repeat what a lost
 * connection left open, and wait for a Redis that is away.
 */
export const workerConnection = ({ url, db }: RedisAddress): RedisOptions => ({
  url,
  db,
  maxRetriesPerRequest: null,
  retryStrategy: (attempt: number) => Math.min(100 * 2 ** Math.min(attempt, 10), 5000),
});

/** That Redis is away is told by others, once; a queue would tell it with every attempt to reach it. */
export function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : undefined;
  if (typeof code === "string" && /^(E[A-Z]+|UND_ERR_\w+)$/.test(code)) return true;
  return /^(Connection is closed|Stream isn't writeable|Command timed out|Reached the max retries|LOADING|READONLY)/.test(
    error.message,
  );
}
