import { once } from "node:events";
import { hostname } from "node:os";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LeaseKeys, leaseKeys } from "../../src/instance/lease-keys.ts";
import { thisMember } from "../../src/instance/lease-member.ts";
import { readLease } from "../../src/instance/read-lease.ts";
import { createRedisLeaseStore, type RedisLeaseStore } from "../../src/instance/redis-lease-store.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";

const fingerprint = "0123456789abcdef";
const durationMs = 60_000;

let server: OwnRedis;
let redis: Redis;
const closing: (() => void)[] = [];

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
});
afterAll(() => server.stop());
beforeEach(async () => {
  redis = new Redis(server.url);
  await redis.flushall();
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  redis.disconnect();
});

interface Member {
  readonly id: string;
  readonly store: RedisLeaseStore;
  /** Resolves when it is told that the lease may be free. */
  free(): Promise<void>;
}

/** One process, up and listening. */
async function member(version: string): Promise<Member> {
  const connection = new Redis(server.url, { enableOfflineQueue: false });
  await once(connection, "ready");
  const self = thisMember(version, Date.now());
  const told: (() => void)[] = [];
  const onFree = () => {
    for (const resolve of told.splice(0)) resolve();
  };
  const store = createRedisLeaseStore({ redis: connection, fingerprint, self, standbyLifeMs: durationMs, onFree });
  const keys: LeaseKeys = leaseKeys(fingerprint);
  await expect.poll(async () => (await redis.pubsub("NUMSUB", keys.freeChannel))[1]).toBe(closing.length + 1);
  closing.push(() => {
    store.close();
    connection.disconnect();
  });
  return { id: self.id, store, free: () => new Promise((resolve) => told.push(resolve)) };
}

const report = () => readLease(redis, fingerprint);

describe("the lease in Redis", () => {
  it("is one's; the others stand by, and everybody can see who is what", async () => {
    expect(await report()).toEqual({
      ...{ leader: undefined, epoch: 0, expiresInMs: undefined, finishingEpochs: [], standbys: [] },
    });
    const [one, other] = [await member("1.0.0"), await member("2.0.0")];
    const taken = await one.store.acquire(durationMs, undefined);
    expect(taken).toEqual({ kind: "ours", token: `1:${one.id}`, finishing: [] });
    expect(await other.store.acquire(durationMs, undefined)).toMatchObject({
      ...{ kind: "held", token: `1:${one.id}`, holder: { id: one.id, version: "1.0.0", host: hostname() } },
    });
    const seen = await report();
    expect(seen).toMatchObject({
      ...{ leader: { id: one.id, pid: process.pid }, epoch: 1, finishingEpochs: [] },
      standbys: [{ id: other.id, version: "2.0.0" }],
    });
    expect(seen.expiresInMs).toBeLessThanOrEqual(durationMs);
    expect(seen.expiresInMs).toBeGreaterThan(0);
  });

  it("is given to one of many who ask at the same moment", async () => {
    const members = [];
    for (let index = 0; index < 7; index += 1) members.push(await member(`${index}`));
    const asked = await Promise.all(members.map(({ store }) => store.acquire(durationMs, undefined)));
    expect(asked.filter(({ kind }) => kind === "ours")).toHaveLength(1);
    expect((await report()).standbys).toHaveLength(6);
  });

  it("is the same when its holder asks again, whose first answer was lost", async () => {
    const one = await member("1");
    const first = await one.store.acquire(durationMs, undefined);
    expect(await one.store.acquire(durationMs, undefined)).toEqual(first);
    expect((await report()).epoch).toBe(1);
  });

  it("lasts as long as Redis says, and renewals make it last longer", async () => {
    const [one, other] = [await member("1"), await member("2")];
    await one.store.acquire(durationMs, undefined);
    await redis.pexpire(leaseKeys(fingerprint).holder, 1_000);
    expect(await one.store.renew(durationMs, `1:${one.id}`)).toBe(true);
    expect((await report()).expiresInMs).toBeGreaterThan(1_000);
    expect(await other.store.acquire(durationMs, undefined)).toMatchObject({ kind: "held" });
    await redis.del(leaseKeys(fingerprint).holder);
    expect(await other.store.acquire(durationMs, `1:${one.id}`)).toMatchObject({
      kind: "ours",
      token: `2:${other.id}`,
    });
    expect(await one.store.renew(durationMs, `1:${one.id}`)).toBe(false);
    expect((await report()).leader?.id).toBe(other.id);
  });

  it("that has run out is its last holder's as long as nobody took it", async () => {
    const one = await member("1");
    await one.store.acquire(durationMs, undefined);
    await redis.del(leaseKeys(fingerprint).holder);
    expect(await one.store.renew(durationMs, `1:${one.id}`)).toBe(true);
    expect(await report()).toMatchObject({ epoch: 1, leader: { id: one.id } });
  });

  it("that Redis forgot is left to the leader that was seen a moment ago, and nobody else's otherwise", async () => {
    const [one, other] = [await member("1"), await member("2")];
    await one.store.acquire(durationMs, undefined);
    await redis.flushall();
    expect(await other.store.acquire(durationMs, `1:${one.id}`)).toEqual({ kind: "forgotten" });
    expect(await one.store.renew(durationMs, `1:${one.id}`)).toBe(true);
    expect(await report()).toMatchObject({ epoch: 1, leader: { id: one.id } });
    await redis.flushall();
    expect(await other.store.acquire(durationMs, undefined)).toMatchObject({ kind: "ours", token: `1:${other.id}` });
    expect(await one.store.renew(durationMs, `1:${one.id}`)).toBe(false);
  });

  it("is passed on: those who wait are told, and the former leader is known to end what it began", async () => {
    const [one, other] = [await member("1"), await member("2")];
    await one.store.acquire(durationMs, undefined);
    const told = other.free();
    expect(await one.store.passOn(`1:${one.id}`, 30_000)).toBe(true);
    await told;
    expect(await other.store.acquire(durationMs, undefined)).toEqual({
      ...{ kind: "ours", token: `2:${other.id}`, finishing: [`1:${one.id}`] },
    });
    expect(await report()).toMatchObject({ epoch: 2, finishingEpochs: [1] });
    expect(await one.store.passOn(`1:${one.id}`, 30_000)).toBe(false);
    await one.store.leave(`1:${one.id}`);
    expect(await report()).toMatchObject({ epoch: 2, finishingEpochs: [], leader: { id: other.id } });
  });

  it("is free, and those who wait are told, when its holder leaves; who waits and leaves is forgotten", async () => {
    const [one, other] = [await member("1"), await member("2")];
    await one.store.acquire(durationMs, undefined);
    await other.store.acquire(durationMs, undefined);
    const told = other.free();
    await one.store.leave(`1:${one.id}`);
    await told;
    expect(await report()).toMatchObject({ leader: undefined, standbys: [{ id: other.id }] });
    await other.store.leave(undefined);
    expect(await report()).toMatchObject({ leader: undefined, standbys: [] });
  });

  it("counts nobody as waiting who has not asked for long", async () => {
    const [one, other] = [await member("1"), await member("2")];
    await one.store.acquire(durationMs, undefined);
    await other.store.acquire(durationMs, undefined);
    const { standbys } = leaseKeys(fingerprint);
    const [waiting = ""] = await redis.zrange(standbys, 0, "-1");
    await redis.zadd(standbys, Date.now() - 60_000, waiting);
    expect((await report()).standbys).toEqual([]);
  });

  it("is another one for another token", async () => {
    const one = await member("1");
    await one.store.acquire(durationMs, undefined);
    expect(await readLease(redis, "fedcba9876543210")).toMatchObject({ leader: undefined, epoch: 0 });
  });
});

it("gives a connection up that does not answer, and asks over another one", async () => {
  const connection = new Redis(server.url, { enableOfflineQueue: false, commandTimeout: 200, retryStrategy: () => 10 });
  await once(connection, "ready");
  const self = thisMember("1", Date.now());
  const store = createRedisLeaseStore({
    redis: connection,
    fingerprint,
    self,
    standbyLifeMs: durationMs,
    onFree: () => {},
  });
  closing.push(() => {
    store.close();
    connection.disconnect();
  });
  const closed = once(connection, "close");
  server.pause();
  await expect(store.acquire(durationMs, undefined)).rejects.toThrow("Command timed out");
  await closed;
  server.resume();
  await once(connection, "ready");
  expect(await store.acquire(durationMs, undefined)).toMatchObject({ kind: "ours" });
});
