import type { Redis } from "ioredis";
import { createRedisSignalJobs, signalReadyChannel } from "./backend/signal-job-store.ts";
import { SignalJobs } from "./backend/signal-jobs.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { createSubscriber } from "./notifications/subscriber.ts";
import type { BotEvent } from "./operations/events.ts";

export interface SignalJobsParts {
  readonly config: Pick<Config, "redis" | "backend">;
  readonly redis: Redis;
  readonly clock: Clock;
  readonly publish: (event: BotEvent) => void;
  /** Told of each part, in the order of starting. */
  readonly runs: (name: string, stop: () => unknown) => void;
}

/** Creates what waits for signals that the backend computes as jobs, and begins to listen for their results. */
export function startSignalJobs({ config, redis, clock, publish, runs }: SignalJobsParts): SignalJobs {
  const { url: backendUrl, jobTimeoutMs: timeoutMs } = config.backend;
  const store = createRedisSignalJobs({ redis, backendUrl, clock });
  const jobs = new SignalJobs({ store, clock, timeoutMs, publish });
  // A connection of its own: notifications stop being heard before the last commands have their answers.
  const subscriber = createSubscriber({
    ...{ redisUrl: config.redis.url, clock, channels: [signalReadyChannel] },
    publish(event) {
      const { kind } = event;
      publish(kind === "subscriberState" ? { ...event, kind: "signalReadyState" } : event);
    },
    onMessage: (text) => void jobs.receive(text, "channel"),
  });
  subscriber.start();
  runs("signal results", subscriber.stop);
  return jobs;
}
