import { createServer, type Server } from "node:net";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { NotificationEvent } from "../../src/notifications/events.ts";
import { createSubscriber, type SubscriberOptions, type SubscriberState } from "../../src/notifications/subscriber.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

let redis: OwnRedis;
let publisher: Redis;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  redis = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  publisher = new Redis(redis.url, { retryStrategy: () => 20 });
  publisher.on("error", () => {});
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(async () => {
  publisher.disconnect();
  await redis.stop();
});

describe("the subscriber", () => {
  it("hands over what is published, as it was published, and nothing of other channels", async () => {
    const { subscriber, received, reached } = subscribed();
    subscriber.start();
    await reached("up");
    await publisher.publish("elsewhere", "no");
    await publisher.publish("trading-signals", "not even JSON\u0000 é");
    await received.count(1);
    expect(received.texts).toEqual(["not even JSON\u0000 é"]);
  });

  it("listens on several channels, and says by which a message came", async () => {
    const from: string[] = [];
    let both = () => {};
    const came = new Promise<void>((resolve) => {
      both = resolve;
    });
    const { subscriber, reached } = subscribed({
      channels: ["trading-signals", "signal-change"],
      onMessage: (text, channel) => {
        if (from.push(`${channel}: ${text}`) === 2) both();
      },
    });
    subscriber.start();
    await reached("up");
    await publisher.publish("signal-change", "a");
    await publisher.publish("trading-signals", "b");
    await came;
    expect(from).toEqual(["signal-change: a", "trading-signals: b"]);
  });

  it("listens whatever database its address names", async () => {
    const { subscriber, received, reached } = subscribed({ redisUrl: `${redis.url}/5` });
    subscriber.start();
    await reached("up");
    await publisher.publish("trading-signals", "a");
    await received.count(1);
  });

  it("subscribes again by itself after Redis was killed, and reports both", async () => {
    const { subscriber, received, states, reached } = subscribed();
    subscriber.start();
    await reached("up");
    await redis.halt("kill");
    await reached("down");
    await redis.start();
    await reached("up");
    await publisher.publish("trading-signals", "after");
    await received.count(1);
    expect(states().map(({ state }) => state)).toEqual(["up", "down", "up"]);
  });

  it("starts while Redis is down, says why it is down once, and is up when Redis is", async () => {
    await redis.halt();
    const { subscriber, states, reached } = subscribed();
    subscriber.start();
    expect(subscriber.state).toBe("down");
    await reached("down");
    await redis.start();
    await reached("up");
    expect(states()).toEqual([
      { kind: "subscriberState", state: "down", reason: "ECONNREFUSED" },
      { kind: "subscriberState", state: "up", reason: undefined },
    ]);
  });

  it("tries again for as long as connections are closed on it, with a back-off each time", async () => {
    const failing = await listening((server) => server.on("connection", (socket) => socket.destroy()));
    let backoffs = 0;
    const { subscriber, states } = subscribed({
      redisUrl: failing.url,
      backoff: { firstMs: 1, maxMs: 4 },
      random: () => {
        backoffs += 1;
        return 0;
      },
    });
    const connections = countConnections(failing.server);
    subscriber.start();
    await connections.reach(30);
    expect(backoffs).toBeGreaterThanOrEqual(29);
    expect(states().map(({ state }) => state)).toEqual(["down"]);
  });

  it("is not up with a Redis that refuses, and does not repeat the password in its reason", async () => {
    await publisher.config("SET", "requirepass", "correct horse");
    cleanups.push(() => publisher.config("SET", "requirepass", ""));
    const { subscriber, states, reached } = subscribed({ redisUrl: redis.url.replace("//", "//:battery-staple@") });
    subscriber.start();
    await reached("down");
    expect(states()).toEqual([{ kind: "subscriberState", state: "down", reason: "WRONGPASS" }]);
  });

  it("notices a Redis that has fallen silent, and comes back when it speaks again", async () => {
    const clock = new VirtualClock();
    const { subscriber, states, reached } = subscribed({ clock, pingIntervalMs: 15_000, answerTimeoutMs: 200 });
    subscriber.start();
    await reached("up");
    redis.pause();
    cleanups.push(() => redis.resume());
    await clock.advance(15_000);
    await reached("down");
    redis.resume();
    await reached("up");
    expect(states().map(({ reason }) => reason)).toEqual([undefined, "no answer", undefined]);
  });

  it("stays up over many pings", async () => {
    const clock = new VirtualClock();
    const { subscriber, received, states, reached } = subscribed({ clock, pingIntervalMs: 15_000 });
    subscriber.start();
    await reached("up");
    for (let minute = 0; minute < 5; minute += 1) await clock.advance(60_000);
    await publisher.publish("trading-signals", "a");
    await received.count(1);
    expect(states()).toHaveLength(1);
  });

  it("survives a receiver that throws, and reports it", async () => {
    const { subscriber, received, events, reached } = subscribed({ fail: true });
    subscriber.start();
    await reached("up");
    await publisher.publish("trading-signals", "a");
    await publisher.publish("trading-signals", "b");
    await received.count(2);
    expect(events.filter(({ kind }) => kind === "intakeFailed")).toHaveLength(2);
  });

  it("hands over nothing after stop, and holds no connection", async () => {
    const { subscriber, received, reached } = subscribed();
    subscriber.start();
    await reached("up");
    await subscriber.stop();
    expect(subscriber.state).toBe("down");
    expect(await publisher.publish("trading-signals", "late")).toBe(0);
    expect(received.texts).toEqual([]);
  });

  it("stops at once when it was never started, or never connected", async () => {
    await subscribed().subscriber.stop();
    const silent = await listening(() => {});
    const { subscriber } = subscribed({ redisUrl: silent.url });
    subscriber.start();
    await subscriber.stop();
    expect(subscriber.state).toBe("down");
  });
});

function subscribed({ fail = false, ...options }: Partial<SubscriberOptions> & { fail?: boolean } = {}) {
  const events: NotificationEvent[] = [];
  const received = new Received();
  const subscriber = createSubscriber({
    redisUrl: redis.url,
    clock: systemClock,
    publish: (event) => events.push(event),
    backoff: { firstMs: 10, maxMs: 50 },
    onMessage: (text) => {
      received.add(text);
      if (fail) throw new Error("a defect in the intake");
    },
    ...options,
  });
  cleanups.push(() => subscriber.stop());
  const states = () => events.filter((event) => event.kind === "subscriberState");
  /** Resolves when this is the state last reported. */
  const reached = (state: SubscriberState) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (states().at(-1)?.state === state) resolve();
      };
      cleanups.push(subscriber.onStateChange(look));
      look();
    });
  return { subscriber, received, events, states, reached };
}

class Received {
  readonly texts: string[] = [];
  #onText = () => {};

  add(text: string): void {
    this.texts.push(text);
    this.#onText();
  }

  count(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onText = () => {
        if (this.texts.length >= count) resolve();
      };
      this.#onText();
    });
  }
}

async function listening(prepare: (server: Server) => void): Promise<{ server: Server; url: string }> {
  const server = createServer();
  prepare(server);
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, url: `redis://127.0.0.1:${address.port}` };
}

const countConnections = (server: Server) => {
  let count = 0;
  let onCount = () => {};
  server.on("connection", () => {
    count += 1;
    onCount();
  });
  return {
    reach: (wanted: number) =>
      new Promise<void>((resolve) => {
        onCount = () => {
          if (count >= wanted) resolve();
        };
        onCount();
      }),
  };
};
