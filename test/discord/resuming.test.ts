import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { delay, systemClock } from "../../src/clock.ts";
import { createManagementRest } from "../../src/discord/management-rest.ts";
import { deploy } from "../../src/discord/registration.ts";
import { createSessionStore, type SessionStore } from "../../src/discord/session-store.ts";
import type { SandboxDiscord, SandboxDiscordOptions } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { createListeningGateway, type ListeningGateway } from "./listening-gateway.ts";

const key = (shardId: number) => `session:${shardId}`;

describe("the next process", () => {
  let server: OwnRedis;
  let redis: Redis;
  let discord: SandboxDiscord;
  let errors: string[];
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
    redis = new Redis(server.url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    await new Promise((resolve) => redis.once("ready", resolve));
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  beforeEach(async () => {
    await redis.flushall();
    errors = [];
    await startDiscord();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  const startDiscord = async (options: SandboxDiscordOptions = {}) => {
    const started = await startSandboxDiscord(options);
    discord = started;
    closing.push(() => started.close());
    const rest = createManagementRest({ apiUrl: discord.apiUrl, sampleDate: () => {} }, discord.botToken);
    const { applicationId, guildId } = discord;
    await deploy(rest, { applicationId, guildId }, [{ name: "ping", description: "Here?" }]);
  };
  const createStore = (secret = discord.botToken): SessionStore =>
    createSessionStore({
      ...{ redis, key, secret, clock: systemClock },
      onError: (operation, error) => errors.push(`${operation}: ${String(error)}`),
    });
  /** A process as far as its gateway goes. */
  const start = (sessions: SessionStore = createStore()): ListeningGateway => {
    const listening = createListeningGateway(discord, { sessions });
    closing.push(() => listening.gateway.close());
    return listening;
  };
  const startConnected = async (sessions?: SessionStore): Promise<ListeningGateway> => {
    const listening = start(sessions);
    await listening.gateway.connect();
    return listening;
  };
  const use = () => discord.interact({ kind: "command", name: "ping", personId: discord.addPerson().id });
  const idsOf = ({ interactions }: ListeningGateway) => interactions.map(({ id }) => id);
  const spent = () => 1000 - discord.identifiesRemaining;

  it("goes on with the session: no identify, and what came in between arrives, once", async () => {
    const before = await startConnected();
    const first = use();
    await before.until(() => before.interactions.length === 1);
    await before.gateway.close();
    expect(discord.sessions).toMatchObject([{ connected: false }]);
    const missed = [use(), use()];
    const after = await startConnected();
    await after.until(() => after.interactions.length === 2);
    const live = use();
    await after.until(() => after.interactions.length === 3);
    expect(idsOf(before)).toEqual([first.id]);
    expect(idsOf(after)).toEqual([...missed, live].map(({ id }) => id));
    expect(after.told).toEqual(["up"]);
    expect(after.resumed()).toBe(1);
    expect(spent()).toBe(1);
    expect(discord.sessions).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it("gets interactions that look as they did before: discord.js knows the bot and its guilds", async () => {
    const looks = ({ interactions: [interaction] }: ListeningGateway) => ({
      user: interaction?.client.user.id,
      tag: interaction?.client.user.tag,
      application: interaction?.client.application.id,
      guilds: interaction?.client.guilds.cache.map(({ id, available }) => [id, available]),
      inGuild: interaction?.inGuild(),
      cached: interaction?.inCachedGuild(),
      isReady: interaction?.client.isReady(),
    });
    const before = await startConnected();
    use();
    await before.until(() => before.interactions.length === 1);
    const looked = looks(before);
    await before.gateway.close();
    const after = await startConnected();
    use();
    await after.until(() => after.interactions.length === 1);
    expect(looks(after)).toEqual(looked);
    await after.gateway.close();
    const third = await startConnected();
    use();
    await third.until(() => third.interactions.length === 1);
    expect(looks(third)).toEqual(looked);
    expect(looks(after)).toMatchObject({ user: discord.applicationId, guilds: [[discord.guildId, false]] });
  });

  it("and the one after it goes on too, also when nothing happened in between", async () => {
    for (let starts = 0; starts < 4; starts += 1) {
      const { gateway } = await startConnected();
      await gateway.close();
    }
    expect(spent()).toBe(1);
  });

  it("gets exactly what the one before did not, however busy the moment of the stop is", async () => {
    const before = await startConnected();
    const asked: string[] = [];
    let asking = true;
    const people = (async () => {
      while (asking) {
        // Several in one turn: they arrive in one piece, and the stop may come in the middle of it.
        for (let nth = 0; nth < 5; nth += 1) asked.push(use().id);
        await delay(systemClock, 1);
      }
    })();
    await before.until(() => before.interactions.length >= 20);
    await before.gateway.close();
    await delay(systemClock, 20);
    asking = false;
    await people;
    const after = await startConnected();
    await after.until(() => before.interactions.length + after.interactions.length >= asked.length);
    expect(after.interactions.length).toBeGreaterThan(0);
    expect([...idsOf(before), ...idsOf(after)]).toEqual(asked);
  });

  it("starts a session of its own at once when Discord does not know the old one any more", async () => {
    const before = await startConnected();
    await before.gateway.close();
    discord.dropGateway({ resumable: false });
    const after = await startConnected();
    expect(after.told.at(-1)).toBe("up");
    expect(after.closedForGood).toEqual([]);
    expect(spent()).toBe(2);
    use();
    await after.until(() => after.interactions.length === 1);
    await after.gateway.close();
    await startConnected();
    expect(spent(), "the new session is kept").toBe(2);
  });

  it("starts a session of its own when the old one was opened for another number of shards", async () => {
    const before = await startConnected();
    await before.gateway.close();
    const left = await redis.hgetall(key(0));
    await startDiscord({ shards: 2, botToken: discord.botToken });
    await redis.hset(key(0), left);
    await startConnected();
    expect(spent()).toBe(2);
  }, 20_000);

  it("goes on with the sessions of all shards, and is up when it has them all", async () => {
    await startDiscord({ shards: 2 });
    const before = await startConnected();
    expect(spent()).toBe(2);
    await before.gateway.close();
    const missed = Array.from({ length: 30 }, use);
    const after = await startConnected();
    await after.until(() => after.interactions.length === 30);
    expect(idsOf(after).toSorted()).toEqual(missed.map(({ id }) => id));
    expect(after.told).toEqual(["up"]);
    expect(spent()).toBe(2);
  }, 20_000);

  it("goes on with the session of one shard when that of the other is gone", async () => {
    await startDiscord({ shards: 2 });
    const before = await startConnected();
    await before.gateway.close();
    const guildShard = Number((BigInt(discord.guildId) >> 22n) % 2n);
    const other = discord.sessions.find(({ shard: [id] }) => id !== guildShard);
    discord.dropGateway({ sessionId: other?.id ?? "", resumable: false });
    const missed = Array.from({ length: 30 }, use);
    const after = await startConnected();
    await after.until(() => after.interactions.length === 30);
    expect(idsOf(after).toSorted()).toEqual(missed.map(({ id }) => id));
    expect(spent()).toBe(3);
  }, 20_000);

  it("goes on also when Discord allows no more identifies", async () => {
    await startDiscord({ identifiesRemaining: 1 });
    const before = await startConnected();
    await before.gateway.close();
    expect(discord.identifiesRemaining).toBe(0);
    const after = await startConnected();
    expect(after.told).toEqual(["up"]);
  });

  it("goes on also after the connection was lost and had been resumed by the process itself", async () => {
    const before = await startConnected();
    discord.dropGateway();
    await before.until(() => before.resumed() === 1);
    await before.gateway.close();
    const missed = use();
    const after = await startConnected();
    await after.until(() => after.interactions.length === 1);
    expect(idsOf(after)).toEqual([missed.id]);
    expect(spent()).toBe(1);
  });

  it("does not wait for a connection that has died silently", async () => {
    const store = createStore();
    const handedOver = new Promise<void>((resolve) => {
      const { handOver } = store;
      store.handOver = async () => {
        await handOver();
        resolve();
      };
    });
    const before = await startConnected(store);
    use();
    await before.until(() => before.interactions.length === 1);
    discord.dropGateway({ code: 4000 });
    void before.gateway.close();
    await handedOver;
    await startConnected();
    expect(spent()).toBe(1);
  });

  it.each([
    ["another token wrote it", async () => void (await readdress(createStore("another.bot.token")))],
    ["it is damaged", async () => void (await redis.hset(key(0), "opening", "bm90IGEgc2Vzc2lvbg=="))],
    ["a part is missing", async () => void (await redis.hdel(key(0), "position"))],
    ["its parts are in each other's place", () => swapParts()],
    ["its position is that of another session", () => takePositionOfAnother()],
  ])("ignores and removes a record that cannot be right: %s", async (_what, spoil) => {
    const before = await startConnected();
    await before.gateway.close();
    const spentBefore = spent();
    await spoil();
    errors.length = 0;
    const spoilt = await redis.hgetall(key(0));
    const after = await startConnected();
    expect(after.told).toEqual(["up"]);
    expect(spent()).toBeGreaterThan(spentBefore);
    expect(errors).toEqual([expect.stringContaining("could not be read and was removed")]);
    expect(await redis.hgetall(key(0))).not.toEqual(spoilt);
  });

  const readdress = async (store: SessionStore) => {
    const other = await startConnected(store);
    await other.gateway.close();
  };
  const swapParts = async () => {
    const { opening = "", position = "" } = await redis.hgetall(key(0));
    await redis.hset(key(0), { opening: position, position: opening });
  };
  const takePositionOfAnother = async () => {
    const old = await redis.hgetall(key(0));
    await redis.del(key(0));
    const { gateway } = await startConnected();
    await gateway.close();
    await redis.hset(key(0), { opening: old.opening ?? "" });
  };

  it("finds nothing readable in Redis without the token: neither the session nor who the bot is", async () => {
    const before = await startConnected();
    await before.gateway.close();
    const text = JSON.stringify(await redis.hgetall(key(0)));
    const [session] = discord.sessions;
    for (const secret of [session?.id ?? "?", discord.applicationId, discord.guildId, discord.botToken]) {
      expect(text).not.toContain(secret);
    }
    const left = await redis.pttl(key(0));
    expect(left).toBeGreaterThan(60_000);
    expect(left).toBeLessThanOrEqual(180_000);
  });
});
