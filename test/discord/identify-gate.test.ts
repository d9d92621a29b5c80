import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Obstacle, paceObstacle } from "../../src/discord/identify-budget.ts";
import { IdentifyGate } from "../../src/discord/identify-gate.ts";
import { IdentifyHistory } from "../../src/discord/identify-history.ts";
import { createManagementRest } from "../../src/discord/management-rest.ts";
import type { SandboxDiscord, SandboxDiscordOptions } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const minuteMs = 60_000;

describe("an identify", () => {
  let server: OwnRedis;
  let redis: Redis;
  let discord: SandboxDiscord;
  let clock: VirtualClock;
  let errors: unknown[];

  beforeAll(async () => {
    server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    redis = new Redis(server.url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    await new Promise((resolve) => redis.once("ready", resolve));
    await redis.flushall();
    clock = new VirtualClock();
    errors = [];
    discord = await startSandboxDiscord();
  });
  afterEach(async () => {
    redis.disconnect();
    await discord.close();
  });

  const limitDiscord = async (options: SandboxDiscordOptions) => {
    await discord.close();
    discord = await startSandboxDiscord(options);
  };

  /** One process, as far as its identifies go. */
  const startProcess = ({ reserve = 50, countsStarts = true } = {}) => {
    const waits: Obstacle[] = [];
    const listeners: (() => void)[] = [];
    let identifies = 0;
    const gate = new IdentifyGate({
      rest: createManagementRest({ apiUrl: discord.apiUrl, sampleDate: () => {} }, discord.botToken),
      history: new IdentifyHistory({
        ...{ redis, clock, countsStarts },
        fingerprint: "0123456789abcdef",
        onError: (error) => errors.push(error),
      }),
      reserve,
      clock,
      onWait: (obstacle) => {
        waits.push(obstacle);
        for (const listener of listeners.splice(0)) listener();
      },
      onIdentify: () => {
        identifies += 1;
      },
    });
    const aborting = new AbortController();
    return {
      gate,
      waits,
      aborting,
      identifies: () => identifies,
      start: (needed = 1) => gate.awaitStart(aborting.signal, async () => needed),
      identify: (shardId = 0) => gate.identify(shardId, aborting.signal),
      nextWait: () => new Promise<void>((resolve) => listeners.push(resolve)),
    };
  };

  /** Starts, lets every pause pass, identifies, and says how long that was. */
  const startThrough = async (process = startProcess()) => {
    const beforeMs = clock.now();
    const pass = async (work: Promise<unknown>) => {
      for (;;) {
        const paused = process.nextWait().then(() => "paused");
        if ((await Promise.race([work, paused])) !== "paused") return;
        await clock.advance(process.waits.at(-1)?.waitMs ?? 0);
      }
    };
    await pass(process.start());
    await pass(process.identify());
    return { ...process, waitedMs: clock.now() - beforeMs };
  };

  /** The same, and then the process dies. */
  const startAndDie = async (process = startProcess()) => {
    const started = await startThrough(process);
    await started.gate.stop(false);
    return started;
  };

  it("passes at once, and counts", async () => {
    const { waitedMs, identifies } = await startThrough();
    expect(waitedMs).toBe(0);
    expect(identifies()).toBe(1);
    expect(errors).toEqual([]);
  });

  it("waits longer and longer when the bot dies again and again: from nothing to five minutes", async () => {
    const waited: number[] = [];
    for (let starts = 0; starts < 9; starts += 1) waited.push((await startAndDie()).waitedMs);
    expect(waited).toEqual([0, 0, 15_000, 30_000, 60_000, 120_000, 300_000, 300_000, 300_000]);
  });

  it("spends less than a third of a day's identifies on a bot that dies at once, whatever restarts it", () => {
    const dayMs = 24 * 60 * minuteMs;
    const atMs: number[] = [];
    for (let nowMs = 0; nowMs < dayMs; atMs.push(nowMs)) {
      nowMs += paceObstacle({ atMs, failedStarts: atMs.length }, { ownInVain: 0, nowMs })?.waitMs ?? 0;
    }
    expect(atMs.length).toBeLessThan(300);
  });

  it("says how often it was started in vain", async () => {
    for (let starts = 0; starts < 2; starts += 1) await startAndDie();
    const third = startProcess();
    const paused = third.nextWait();
    void third.start();
    await paused;
    expect(third.waits[0]?.reason).toContain("started 2 times in vain");
    third.aborting.abort();
  });

  it("waits only what is left of the pause", async () => {
    for (let starts = 0; starts < 3; starts += 1) await startAndDie();
    await clock.advance(20_000);
    expect((await startThrough()).waitedMs).toBe(10_000);
  });

  it("is like the first one after a stop that was asked for", async () => {
    for (let starts = 0; starts < 5; starts += 1) {
      const { waitedMs, gate } = await startThrough();
      expect(waitedMs).toBe(0);
      await gate.stop(true);
    }
  });

  it("is not, after a stop because something failed", async () => {
    const waited: number[] = [];
    for (let starts = 0; starts < 3; starts += 1) {
      const { waitedMs, gate } = await startThrough();
      waited.push(waitedMs);
      await gate.stop(false);
    }
    expect(waited.at(-1)).toBe(15_000);
  });

  it("is like the first one after a process that ran for ten minutes", async () => {
    for (let starts = 0; starts < 3; starts += 1) await startAndDie();
    await startThrough();
    await clock.advance(10 * minuteMs);
    await redis.ping();
    expect((await startThrough()).waitedMs).toBe(0);
    expect((await startThrough()).waitedMs).toBe(0);
  });

  it("waits when sessions of one process end again and again, each shard for itself", async () => {
    const process = await startThrough();
    await process.identify(1);
    await process.identify();
    const paused = process.nextWait();
    const third = process.identify();
    await paused;
    expect(process.waits.at(-1)).toMatchObject({ waitMs: 15_000, reason: expect.stringContaining("did not last") });
    await clock.advance(15_000);
    await third;
  });

  it("is not needed where every session is resumed, and then nothing is waited for", async () => {
    await limitDiscord({ identifiesRemaining: 0 });
    for (let starts = 0; starts < 5; starts += 1) {
      const { start, waits } = startProcess();
      expect(await start(0)).toBe(true);
      expect(waits).toEqual([]);
    }
  });

  it("distrusts the sessions that were left when the bot died five times soon after its start", async () => {
    const trusted: boolean[] = [];
    for (let starts = 0; starts < 6; starts += 1) {
      const { gate, start } = startProcess();
      trusted.push(await gate.trustsSessions());
      await start(0);
    }
    expect(trusted).toEqual([true, true, true, true, true, false]);
  });

  it("does not count starts where several processes may run", async () => {
    for (let starts = 0; starts < 5; starts += 1) {
      expect((await startThrough(startProcess({ countsStarts: false }))).waitedMs).toBe(0);
    }
  });

  describe("of the last ones of a day", () => {
    it.each([
      ["passes with one more left than are kept back", { left: 51, reserve: 50, needed: 1, passes: true }],
      ["does not touch what is kept back", { left: 50, reserve: 50, needed: 1, passes: false }],
      ["waits when there are fewer than shards", { left: 51, reserve: 50, needed: 2, passes: false }],
      ["is sent when nothing is kept back", { left: 1, reserve: 0, needed: 1, passes: true }],
      ["is never the one too many, which costs the token", { left: 0, reserve: 0, needed: 1, passes: false }],
    ])("%s", async (_what, { left, reserve, needed, passes }) => {
      await limitDiscord({ identifiesRemaining: left, clock });
      const { start, waits, aborting, nextWait } = startProcess({ reserve });
      const paused = nextWait();
      const started = start(needed);
      if (passes) {
        expect(await started).toBe(true);
        return;
      }
      await paused;
      expect(waits[0]?.reason).toContain(`${left} of 1000 session starts are left until `);
      expect(waits[0]?.reason).toContain(`${reserve} are kept back by IDENTIFY_RESERVE`);
      expect(waits[0]?.waitMs).toBe(24 * 60 * minuteMs);
      aborting.abort();
      expect(await started).toBe(false);
      expect(clock.pending).toBe(0);
    });

    it("passes when Discord counts anew", async () => {
      await limitDiscord({ identifiesRemaining: 3, clock });
      const { start, nextWait } = startProcess();
      const paused = nextWait();
      const started = start();
      await paused;
      await clock.advance(24 * 60 * minuteMs);
      expect(await started).toBe(true);
    });

    it("counts those of ours that Discord's number does not hold yet", async () => {
      await limitDiscord({ identifiesRemaining: 999, clock });
      for (let spent = 0; spent < 950; spent += 1) {
        await redis.zadd("signalguard:0123456789abcdef:gateway:identifies", clock.now(), `${spent}`);
      }
      const { start, waits, aborting, nextWait } = startProcess();
      const paused = nextWait();
      void start();
      await paused;
      expect(waits[0]?.reason).toContain("50 of 1000 session starts are left");
      expect(waits[0]?.reason).toContain("950 of the last 24 hours were ours");
      aborting.abort();
    });

    it("keeps a process waiting that is connected already, until it is told to stop", async () => {
      await limitDiscord({ identifiesRemaining: 50, clock });
      const { identify, aborting, nextWait, identifies } = startProcess();
      const paused = nextWait();
      const identified = identify();
      await paused;
      aborting.abort(new Error("the connection was closed"));
      await expect(identified).rejects.toThrow("the connection was closed");
      expect(identifies()).toBe(0);
    });
  });

  it("goes by Discord's number and its own memory alone when Redis is down", async () => {
    redis.disconnect();
    const process = startProcess();
    const started = process.start();
    // Nobody waits for Redis longer than half a second at a time.
    for (let halfSeconds = 0; halfSeconds < 4; halfSeconds += 1) await clock.advance(500);
    expect(await started).toBe(true);
    expect(errors.length).toBeGreaterThan(0);
  });
});
