import { Redis } from "ioredis";

/** The backend's own connection to Redis, and the channels it publishes on (`backend-contract.md` 3). */
export interface Publisher {
  /** Resolves with the number of subscribers; waits for ever while Redis is down, as the backend does. */
  publish(message: string, channel?: "trading-signals" | "signal-ready"): Promise<number>;
  close(): void;
}

export function createPublisher(redisUrl: string | undefined): Publisher {
  if (redisUrl === undefined) return { publish: () => new Promise(() => {}), close: () => {} };
  // A database in the URL wins over the 2 given here, as observed.
  const client = new Redis(redisUrl, { db: 2, maxRetriesPerRequest: null, retryStrategy: () => 200 });
  // An outage shows in requests that hang; there is nobody else to tell.
  client.on("error", () => {});
  return {
    publish: (message, channel = "trading-signals") => client.publish(channel, message),
    close: () => client.disconnect(),
  };
}
