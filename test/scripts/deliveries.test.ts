import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tokenFingerprint } from "../../src/instance/token-fingerprint.ts";
import { listDeadLetters } from "../../src/notifications/dead-letters.ts";
import type { JobEnd, NotificationJob } from "../../src/notifications/jobs.ts";
import { createNotificationQueue, type NotificationQueue } from "../../src/notifications/queue.ts";
import { readPayload } from "../../src/notifications/reception.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { db, published, queued, ready, takingIn, workOff } from "../notifications/support/queue.ts";
import { findFreePort } from "../support/free-port.ts";
import { inRepository, type ProgramResult, runProgram, runScript } from "../support/run-program.ts";

const token = "the.bot.token";
const password = "correct-horse";

describe("npm run deliveries", { timeout: 120_000 }, () => {
  let redis: OwnRedis;
  let queue: NotificationQueue;

  beforeAll(async () => {
    redis = await startRedis({ ignoreEnvironment: true, appendOnly: false });
    queue = createNotificationQueue({ redis: { url: redis.url, db }, fingerprint: tokenFingerprint(token) });
    await ready(queue);
  });
  beforeEach(async () => {
    await queue.redis.flushall();
  });
  afterAll(async () => {
    await queue.close();
    await redis.stop();
  });

  const environment = (): Record<string, string> => ({
    REDIS_URL: redis.url,
    REDIS_DB: String(db),
    DISCORD_BOT_TOKEN: `Bot ${token}`,
  });
  const run = async (command: string, env: Readonly<Record<string, string>> = {}): Promise<ProgramResult> => {
    const args = command.split(" ");
    const result = await runScript("deliveries.ts", args, { env: { ...environment(), ...env } });
    for (const secret of [token, password]) expect(result.stdout + result.stderr).not.toContain(secret);
    return result;
  };
  const json = async (command: string) => {
    const { code, stdout, stderr } = await run(`${command} --json`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout);
  };

  /** Takes them in, and lets each end as the handler says. */
  const accept = async (texts: readonly string[]): Promise<void> => {
    const { acceptance } = takingIn(queue);
    for (const text of texts) acceptance.receive(text, "notification");
    await acceptance.stop(60_000);
  };
  const finish = (handle: (content: NotificationJob) => JobEnd) => workOff(queue, redis, handle);
  const letters = async () => (await listDeadLetters(queue, { page: 1, limit: 20 })).letters;
  /** As the worker does with what it cannot read. */
  const read = (content: NotificationJob) => {
    const parsed = readPayload(content);
    if (parsed.kind === "malformed") throw new Error(`malformed ${parsed.reason}`);
    return parsed;
  };

  it("counts everything accepted exactly once", async () => {
    await accept(Array.from({ length: 30 }, (_, index) => published({ timestamp: index + 1 })));
    await accept(["{"]);
    const ends: JobEnd["end"][] = ["delivered", "delivered", "merged", "edited", "superseded", "withheld"];
    let finished = 0;
    await finish((content) => {
      read(content);
      finished += 1;
      const end = ends[finished % 7];
      if (end === undefined) throw new Error("closed 50007");
      return { end };
    });
    await accept(Array.from({ length: 3 }, (_, index) => published({ timestamp: index + 1000 })));
    await queue.jobs.add(
      "notification",
      { payload: "{}", receivedAtMs: 0, way: "channel", receipt: "r" },
      { delay: 3_600_000 },
    );

    const [stats, { stdout }] = await Promise.all([json("stats"), run("stats")]);
    expect(stats).toEqual({
      accepted: 35,
      open: 4,
      ends: { delivered: 9, merged: 5, edited: 4, superseded: 4, withheld: 4 },
      deadLetters: { "closed 50007": 4, "malformed notJson": 1 },
      halted: null,
    });
    for (const line of ["accepted 35", "open 4 (waiting 3, delayed 1, active 0)", "delivered 9", "closed 50007 4"]) {
      expect(stdout).toContain(line);
    }
  });

  it("counts finished ones beyond any page", async () => {
    await accept(Array.from({ length: 2345 }, (_, index) => published({ timestamp: index + 1 })));
    await finish(() => ({ end: "delivered" }));
    expect(await json("stats")).toMatchObject({ accepted: 2345, open: 0, ends: { delivered: 2345 }, deadLetters: {} });
  });

  it("lists dead letters by pages, newest first, with whom and what they are about", async () => {
    const timestamps = [1, 2, 3, 4, 5];
    await accept(timestamps.map((timestamp) => published({ timestamp, pair: "USD/JPY" })));
    await finish(() => {
      throw new Error("closed 50007");
    });
    const [first, last, { stdout }, refused] = await Promise.all([
      json("list --limit 2"),
      json("list --limit 2 --page 3"),
      run("list --limit 2"),
      run("list --limit nothing"),
    ]);
    expect(first).toMatchObject({ total: 5, page: 1, limit: 2 });
    expect(first.letters[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      name: "notification",
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      reason: "closed 50007",
      personId: "200000000000000001",
      pair: "USD/JPY",
    });
    expect([first.letters.length, last.letters.length]).toEqual([2, 1]);
    expect(stdout).toContain(
      `${first.letters[0].id}  ${first.letters[0].at}  200000000000000001  USD/JPY  closed 50007\n`,
    );
    expect(stdout).toContain("5 dead letters, page 1 of 3.");
    expect(refused.code).toBe(1);
  });

  it("shows one whole, and nothing in it can give orders to the terminal", async () => {
    const hostile = published({ discordUserId: "nobody", note: "\u001b[2J\u202e\u009b" });
    const raw = hostile.replace("\\u001b", "\u001b");
    await accept([raw]);
    await finish((content) => {
      read(content);
      return { end: "delivered" };
    });
    const [{ id } = { id: "" }] = await letters();
    const [{ stdout }, shown] = await Promise.all([run(`show ${id}`), json(`show ${id}`)]);
    expect(stdout).toContain("malformed notJson");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/\p{C}/u);
    expect(shown).toMatchObject({ id, name: "malformed", reason: "malformed notJson", way: "channel", payload: raw });
  });

  it("redrives one, and all: they are worked on from the beginning, and what ended them is forgotten", async () => {
    await accept([1, 2, 3].map((timestamp) => published({ timestamp })));
    await accept(["{"]);
    await finish((content) => {
      read(content);
      throw new Error("closed 50007");
    });
    const all = await letters();
    const one = all.find(({ name }) => name === "notification")?.id ?? "";
    for (const { id } of all) await queue.redis.set(queue.keys.done(id), "an end");

    expect(await run(`redrive ${one}`)).toEqual({ code: 0, stdout: "Redriven: 1.\n", stderr: "" });
    expect((await queued(queue)).map(({ id }) => id)).toEqual([one]);
    expect(await queue.redis.exists(queue.keys.done(one))).toBe(0);
    const twice = await run(`redrive ${one} absent`);
    expect(twice).toMatchObject({ code: 1, stdout: "Redriven: 0.\n" });
    expect(twice.stderr).toBe(
      `${one}: is no dead letter: it is waiting, on its way or delivered.\nabsent: there is no notification of this id.\n`,
    );

    expect(await json("redrive --all")).toEqual({ redriven: 3, failures: {}, halted: null });
    expect(await queue.redis.keys(queue.keys.done("*"))).toEqual([]);
    await finish((content) => {
      read(content);
      return { end: "delivered" };
    });
    expect(await json("stats")).toMatchObject({
      accepted: 4,
      open: 0,
      ends: { delivered: 3 },
      deadLetters: { "malformed notJson": 1 },
    });
    const unclear = await Promise.all([run("redrive"), run(`redrive ${one} --all`)]);
    expect(unclear.map(({ code }) => code)).toEqual([1, 1]);
  });

  it("says that and why everything is stopped, and has it go on", async () => {
    await accept([published()]);
    await queue.halt("quarantined", Date.UTC(2026, 0, 5));
    const [stats, told, redriven] = await Promise.all([json("stats"), run("stats"), run("redrive --all")]);
    expect(stats).toMatchObject({ accepted: 1, open: 1, halted: "quarantined" });
    expect(told.stdout).toMatch(/Stopped since 2026-01-05.*quarantine/);
    expect(redriven.stdout).toContain("npm run deliveries -- resume");

    const resumed = await run("resume");
    expect(resumed).toMatchObject({ code: 0, stderr: "" });
    expect(resumed.stdout).toMatch(/go on.*2026-01-05T00:00:00.000Z.*20026/);
    expect(await queue.jobs.isPaused()).toBe(false);
    expect(await run("resume")).toMatchObject({ code: 0, stdout: "Deliveries were not stopped.\n" });

    await queue.jobs.pause();
    expect(await json("stats")).toMatchObject({ halted: "paused" });
    expect(await json("resume")).toEqual({ halted: "paused", since: null });
  });

  it("looks only at the bot whose token it has, and leaves no trace", async () => {
    await accept([published()]);
    const before = await queue.redis.dbsize();
    const [other, absent, none] = await Promise.all([
      run("stats --json", { DISCORD_BOT_TOKEN: "another.token" }),
      run("show absent"),
      run("list"),
    ]);
    expect(JSON.parse(other.stdout)).toMatchObject({ accepted: 0 });
    expect(await queue.redis.dbsize()).toBe(before);
    expect(absent.code).toBe(1);
    expect(none.stdout).toBe("No dead letters.\n");
  });

  it("names every problem of the configuration, and ends with 78", async () => {
    const { code, stdout, stderr } = await run("list", {
      DISCORD_BOT_TOKEN: "",
      REDIS_URL: "http://x",
      REDIS_DB: "two",
    });
    expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
    for (const name of ["DISCORD_BOT_TOKEN", "REDIS_URL", "REDIS_DB"]) expect(stderr).toContain(name);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("says that Redis cannot be used, and ends with 1", async () => {
    const refusing = `redis://:${password}@127.0.0.1:${await findFreePort()}`;
    await queue.redis.config("SET", "requirepass", "battery-staple");
    const [unreachable, wrong] = await Promise.all([
      run("stats", { REDIS_URL: refusing }),
      run("stats", { REDIS_URL: redis.url.replace("//", `//:${password}@`) }),
    ]).finally(() => queue.redis.config("SET", "requirepass", ""));
    expect(unreachable).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("(ECONNREFUSED)") });
    expect(wrong).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("(WRONGPASS)") });
  });

  it("does not wait for ever for a Redis that is silent", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const address = silent.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const result = await run("stats", { REDIS_URL: `redis://127.0.0.1:${address.port}` });
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining("Redis cannot be used") });
    silent.close();
  });

  it("works by the name in package.json", async () => {
    const env = environment();
    const args = ["run", "--silent", "deliveries", "--", "stats", "--json"];
    const { code, stdout } = await runProgram("npm", args, { env, cwd: inRepository("") });
    expect({ code, stats: JSON.parse(stdout) }).toMatchObject({ code: 0, stats: { accepted: 0 } });
    const { scripts } = JSON.parse(readFileSync(inRepository("package.json"), "utf8"));
    expect(scripts.deliveries).toBe("tsx scripts/deliveries.ts");
  });
});
