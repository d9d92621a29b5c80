import { afterEach, describe, expect, it } from "vitest";
import type { Obstacle } from "../../src/discord/identify-budget.ts";
import { createManagementRest } from "../../src/discord/management-rest.ts";
import { awaitSessionStart } from "../../src/discord/session-start.ts";
import type { SandboxDiscordOptions } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { findFreePort } from "../support/free-port.ts";
import { answer, startRawServer } from "../support/raw-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const botToken = "MTIzNDU2Nzg5MDEyMzQ1Njc4.abcdef.the-secret-part-of-the-token-0123456789";
const gatewayBot = { method: "GET", route: "/gateway/bot" } as const;

type Judge = Parameters<typeof awaitSessionStart>[1]["judge"];

describe("the start of a session", () => {
  const closing: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const startDiscord = async (options: SandboxDiscordOptions = {}) => {
    const discord = await startSandboxDiscord({ botToken, ...options });
    closing.push(discord.close);
    return discord;
  };

  /** A start under way, on a clock of its own, with every pause it made. */
  const begin = (apiUrl: string, token = botToken, judge: Judge = async () => undefined) => {
    const clock = new VirtualClock();
    const aborting = new AbortController();
    const waits: Obstacle[] = [];
    const listeners: ((wait: Obstacle) => void)[] = [];
    const rest = createManagementRest({ apiUrl, sampleDate: () => {} }, token);
    const allowed = awaitSessionStart(rest, {
      clock,
      signal: aborting.signal,
      judge,
      onWait: (obstacle) => {
        waits.push(obstacle);
        for (const listener of listeners.splice(0)) listener(obstacle);
      },
    });
    const nextWait = () => new Promise<Obstacle>((resolve) => listeners.push(resolve));
    return { clock, aborting, waits, allowed, nextWait };
  };

  it("is allowed at once when Discord is there", async () => {
    const { apiUrl } = await startDiscord();
    const { allowed, waits } = begin(apiUrl);
    expect(await allowed).toBe(true);
    expect(waits).toEqual([]);
  });

  it("waits while Discord cannot be reached, longer each time, and goes on when it can", async () => {
    const port = await findFreePort();
    const { clock, waits, allowed, nextWait } = begin(`http://127.0.0.1:${port}/api`);
    await nextWait();
    for (const waitMs of [1000, 2000, 5000, 15_000, 30_000]) {
      const next = nextWait();
      await clock.advance(waitMs - 1);
      expect(clock.pending).toBe(1);
      await clock.advance(1);
      await next;
    }
    await startDiscord({ port });
    await clock.advance(30_000);
    expect(await allowed).toBe(true);
    expect(waits.map(({ waitMs }) => waitMs)).toEqual([1000, 2000, 5000, 15_000, 30_000, 30_000]);
    expect(new Set(waits.map(({ reason }) => reason))).toEqual(new Set(["Discord cannot be reached"]));
  });

  it("waits while Discord fails", async () => {
    const discord = await startDiscord();
    const outcome = { kind: "status", status: 503, processed: false } as const;
    const repair = discord.addRouteFault({ ...gatewayBot, fault: { outcome } });
    const { clock, allowed, nextWait } = begin(discord.apiUrl);
    expect(await nextWait()).toEqual({ reason: "Discord does not answer", waitMs: 1000 });
    repair();
    await clock.advance(1000);
    expect(await allowed).toBe(true);
  });

  it("waits for what else stands against it, as long as that says, and asks Discord again after that", async () => {
    const { apiUrl } = await startDiscord({ identifiesRemaining: 7, shards: 2 });
    const judged: unknown[] = [];
    const { clock, allowed, nextWait } = begin(apiUrl, botToken, async (limit, shards) => {
      judged.push({ ...limit, shards });
      return judged.length === 1 ? { reason: "too soon", waitMs: 60_000 } : undefined;
    });
    expect(await nextWait()).toEqual({ reason: "too soon", waitMs: 60_000 });
    await clock.advance(60_000);
    expect(await allowed).toBe(true);
    expect(judged).toHaveLength(2);
    expect(judged[0]).toEqual({ total: 1000, remaining: 7, resetAfterMs: expect.any(Number), shards: 2 });
  });

  it("waits when something else answers in Discord's place, or refuses", async () => {
    const page = await startRawServer((_, response) => response.end("<h1>Welcome</h1>"));
    const refusal = await startRawServer((_, response) => answer(response, 404, { message: "404", code: 0 }));
    closing.push(page.close, refusal.close);
    const expected = [
      [page.apiUrl, "what answered at DISCORD_API_URL is not Discord"],
      [refusal.apiUrl, "Discord refused (HTTP 404, code 0)"],
    ] as const;
    for (const [apiUrl, reason] of expected) {
      const { aborting, allowed, nextWait } = begin(apiUrl);
      expect(await nextWait()).toEqual({ reason, waitMs: 1000 });
      aborting.abort();
      expect(await allowed).toBe(false);
    }
  });

  it("is given up during a pause, before the first request, and during one that hangs", async () => {
    const port = await findFreePort();
    const pausing = begin(`http://127.0.0.1:${port}/api`);
    await pausing.nextWait();
    pausing.aborting.abort();
    expect(await pausing.allowed).toBe(false);
    expect(pausing.clock.pending).toBe(0);

    const requested: (() => void)[] = [];
    const request = new Promise<void>((resolve) => requested.push(resolve));
    const silent = await startRawServer(() => requested[0]?.());
    closing.push(silent.close);
    const hanging = begin(silent.apiUrl);
    await request;
    hanging.aborting.abort();
    expect(await hanging.allowed).toBe(false);
    expect(hanging.waits).toEqual([]);

    const rest = createManagementRest({ apiUrl: silent.apiUrl, sampleDate: () => {} }, botToken);
    const judge: Judge = async () => undefined;
    const options = { clock: new VirtualClock(), signal: AbortSignal.abort(), judge, onWait: () => {} };
    expect(await awaitSessionStart(rest, options)).toBe(false);
  });

  it("is refused when Discord does not accept the token, without repeating it", async () => {
    const { apiUrl } = await startDiscord();
    const { allowed, waits } = begin(apiUrl, "a-token-that-is-wrong");
    const failure: unknown = await allowed.catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "TokenRefusedError", code: "TOKEN_REFUSED" });
    expect(String(failure)).not.toContain("a-token-that-is-wrong");
    expect(waits).toEqual([]);
  });
});
