import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeptSession } from "../../src/discord/kept-session.ts";
import { createSessionStore, type SessionStore } from "../../src/discord/session-store.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

const key = (shardId: number) => `session:${shardId}`;
const session: KeptSession = {
  info: { sessionId: "abc", resumeURL: "wss://gateway.example", shardId: 0, shardCount: 1, sequence: 1 },
  intents: 0,
  welcome: {
    user: { id: "1", username: "bot", discriminator: "0", global_name: null, avatar: null },
    application: { id: "1", flags: 0 },
    guildIds: ["2"],
  },
};
const at = (sequence: number) => ({ ...session.info, sequence });

describe("a session kept in Redis", () => {
  let server: OwnRedis;
  let redis: Redis;
  let clock: VirtualClock;
  let errors: string[];
  let commands: string[];

  beforeAll(async () => {
    server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    redis = await connect();
    await redis.flushall();
    clock = new VirtualClock();
    errors = [];
    commands = [];
  });
  afterEach(() => redis.disconnect());

  const connect = async () => {
    const connection = new Redis(server.url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    connection.on("error", () => {});
    await new Promise((resolve) => connection.once("ready", resolve));
    return connection;
  };
  const createStore = (of = redis): SessionStore => {
    const send = of.sendCommand.bind(of);
    of.sendCommand = (command, ...rest) => {
      commands.push(command.name);
      return send(command, ...rest);
    };
    return createSessionStore({
      ...{ redis: of, key, secret: "secret", clock },
      onError: (operation, error) => errors.push(`${operation}: ${String(error)}`),
    });
  };
  /** What the next process would find. */
  const found = async () => {
    await redis.ping();
    await settle();
    return createSessionStore({ redis, key, secret: "secret", clock, onError: () => {} }).find(0);
  };
  const writes = () => commands.filter((name) => name === "hset").length;

  it("is found by the next process with everything in it", async () => {
    createStore().keep(session);
    expect(await found()).toEqual(session);
  });

  it("is written once in a quarter of a second, however much arrives", async () => {
    const store = createStore();
    store.keep(session);
    for (let sequence = 2; sequence <= 500; sequence += 1) store.advance(at(sequence));
    expect(writes()).toBe(1);
    await clock.advance(249);
    expect((await found())?.info.sequence).toBe(1);
    await clock.advance(1);
    expect((await found())?.info.sequence).toBe(500);
    expect(writes()).toBe(2);
    await clock.advance(1_000);
    expect(writes(), "nothing happened since").toBe(2);
  });

  it("is where the process is when it hands over, and nothing is written after that", async () => {
    const store = createStore();
    store.keep(session);
    store.advance(at(7));
    await store.handOver();
    expect((await found())?.info.sequence).toBe(7);
    store.advance(at(9));
    store.forget(0);
    await clock.advance(10 * 60_000);
    expect((await found())?.info.sequence).toBe(7);
    expect(clock.pending).toBe(0);
  });

  it("keeps away what belongs to a session before", async () => {
    const store = createStore();
    const next = { ...session, info: { ...session.info, sessionId: "def", sequence: 3 } };
    store.keep(session);
    store.keep(next);
    store.advance(at(99));
    await clock.advance(250);
    expect(await found()).toEqual(next);
  });

  it("is gone when it is over", async () => {
    const store = createStore();
    store.keep(session);
    store.forget(0);
    expect(await found()).toBeUndefined();
    expect(await redis.keys("*")).toEqual([]);
  });

  it("expires some minutes after the process, and not while it lives, though nothing happens for hours", async () => {
    createStore().keep(session);
    await found();
    const left = await redis.pttl(key(0));
    expect(left).toBeGreaterThan(120_000);
    expect(left).toBeLessThanOrEqual(180_000);
    // Redis goes by a clock of its own.
    await redis.pexpire(key(0), 1);
    while ((await redis.exists(key(0))) > 0) await settle();
    await clock.advance(60_000);
    expect(await found()).toEqual(session);
  });

  it("is written whole when Redis is there again, and nobody is kept waiting meanwhile", async () => {
    const store = createStore();
    store.keep(session);
    await found();
    const closed = new Promise((resolve) => redis.once("close", resolve));
    await server.halt();
    await closed;
    store.advance(at(5));
    await clock.advance(250);
    expect(errors).toEqual([expect.stringContaining("keep: ")]);
    const waiting = store.handOver();
    await clock.advance(500);
    await waiting;
    store.keep({ ...session, info: at(5) });
    await server.start();
    await new Promise((resolve) => redis.once("ready", resolve));
    store.advance(at(6));
    await clock.advance(250);
    expect((await found())?.info.sequence).toBe(6);
  });

  it("is not waited for longer than half a second", async () => {
    const ended = new Promise((resolve) => redis.once("end", resolve));
    redis.disconnect();
    await ended;
    const store = createStore();
    const finding = store.find(0);
    await clock.advance(500);
    expect(await finding).toBeUndefined();
    expect(errors).toEqual([expect.stringContaining("did not answer within 500 ms")]);
  });
});
