import type { Clock } from "../clock.ts";
import type { PublishNotificationEvent } from "./events.ts";
import { notificationChannel, signalChangeChannel } from "./keys.ts";
import { createSubscriber } from "./subscriber.ts";

export interface PublishedOptions {
  readonly redisUrl: string;
  readonly clock: Clock;
  readonly publish: PublishNotificationEvent;
  /** How long what is published is kept while nobody here takes it, ms. */
  readonly keepMs: number;
  /** Of more, the oldest is forgotten. */
  readonly most?: { readonly count: number; readonly characters: number };
}

/** Takes one published message; `receivedAtMs` is in ms since the epoch. */
export type TakePublished = (text: string, meant: "notification" | "signalChange", receivedAtMs: number) => void;

/**
 * What is published on the channels. Nobody can ask for it again, so a process that stands by listens as well, and keeps for a
 * while what a leader may not have lived to accept. Taken twice, it counts once.
 */
export interface Published {
  /** Begins to listen, and returns at once: Redis may come up whenever it likes. */
  start(): void;
  /** Gives what is kept, the oldest first, and from then on everything as it comes. */
  deliverTo(take: TakePublished): void;
  stop(): Promise<void>;
}

interface Kept {
  readonly text: string;
  readonly meant: "notification" | "signalChange";
  readonly receivedAtMs: number;
  readonly untilMs: number;
}

export function createPublished(options: PublishedOptions): Published {
  const { redisUrl, clock, publish, keepMs } = options;
  const most = options.most ?? { count: 20_000, characters: 64 * 1024 * 1024 };
  const kept: Kept[] = [];
  let keptCharacters = 0;
  let take: TakePublished | undefined;

  const keep = (message: Kept): void => {
    kept.push(message);
    keptCharacters += message.text.length;
    while (kept.length > most.count || keptCharacters > most.characters || isOver(kept[0])) {
      keptCharacters -= kept.shift()?.text.length ?? 0;
    }
  };
  const isOver = (message: Kept | undefined): boolean => message !== undefined && message.untilMs <= clock.monotonic();

  const subscriber = createSubscriber({
    ...{ redisUrl, clock, publish },
    channels: [notificationChannel, signalChangeChannel],
    onMessage(text, channel) {
      const meant = channel === signalChangeChannel ? "signalChange" : "notification";
      const receivedAtMs = clock.now();
      if (take === undefined) keep({ text, meant, receivedAtMs, untilMs: clock.monotonic() + keepMs });
      else take(text, meant, receivedAtMs);
    },
  });
  let started = false;
  return {
    start() {
      if (!started) subscriber.start();
      started = true;
    },
    deliverTo(taker) {
      take = taker;
      for (const message of kept.splice(0)) {
        if (!isOver(message)) taker(message.text, message.meant, message.receivedAtMs);
      }
      keptCharacters = 0;
    },
    stop: subscriber.stop,
  };
}
