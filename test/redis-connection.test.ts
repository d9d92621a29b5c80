import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRedisConnection } from "../src/redis-connection.ts";
import { type OwnRedis, startRedis } from "../src/sandbox/redis.ts";

describe("the connection to Redis", () => {
  let server: OwnRedis;

  beforeAll(async () => {
    server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  });

  afterAll(() => server.stop());

  /** A connection with everything it told, in order. */
  const connect = (db: number) => {
    const told: string[] = [];
    const watchers = new Set<() => void>();
    const connection = createRedisConnection({
      url: server.url,
      db,
      onState: (state, reason) => {
        told.push(reason === undefined ? state : `${state}: ${reason}`);
        for (const watch of watchers) watch();
      },
    });
    const until = (holds: () => boolean) =>
      new Promise<void>((resolve) => {
        const watch = () => {
          if (holds()) resolve();
        };
        watchers.add(watch);
        watch();
      });
    /** Resolves when so many more attempts to connect have ended. */
    const attempts = async (count: number) => {
      for (let ended = 0; ended < count; ended += 1) await new Promise((resolve) => connection.once("close", resolve));
    };
    return { connection, told, until, attempts };
  };

  it("uses the database it was given", async () => {
    const { connection, told, until } = connect(3);
    await until(() => told.length === 1);
    expect(told).toEqual(["up"]);
    await connection.set("where", "here");
    expect(await connection.info("keyspace")).toContain("db3:keys=1");
    connection.disconnect();
  });

  it("is down, and says why once, when the server has no such database; nothing is written to another one", async () => {
    const { connection, told, attempts } = connect(99);
    const written = connection.once("ready", () => void connection.set("where", "nowhere").catch(() => {}));
    await attempts(3);
    expect(told).toEqual(["down: REDIS_DB 99 cannot be used on this server"]);
    await expect(written.get("where")).rejects.toThrow();
    connection.disconnect();

    const other = connect(0);
    await other.until(() => other.told.length === 1);
    expect(await other.connection.get("where")).toBeNull();
    other.connection.disconnect();
  });

  it("says once that it is down, however often it tries to connect again, and that it is up again", async () => {
    const { connection, told, until, attempts } = connect(0);
    await until(() => told.length === 1);
    const ended = attempts(3);
    await server.halt();
    await ended;
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/^down/);
    await server.start();
    await until(() => told.length === 3);
    expect(told[2]).toBe("up");
    connection.disconnect();
  });
});
