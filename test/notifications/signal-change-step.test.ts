import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDeliveryLane } from "../../src/discord/delivery-lane.ts";
import type { Halt } from "../../src/notifications/delivery-end.ts";
import { notificationKeys } from "../../src/notifications/keys.ts";
import { parseSignalChange } from "../../src/notifications/signal-change.ts";
import { type AcceptedChange, SignalChangeStep } from "../../src/notifications/signal-change-step.ts";
import type { RequestFault, SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { connect } from "../recovery/support.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { ended, lost, messages } from "./support/person-room.ts";

let server: OwnRedis;
let redis: Redis;
let clock: VirtualClock;
let discord: SandboxDiscord;
let halts: Halt[];
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
});
afterAll(() => server.stop());
beforeEach(async () => {
  redis = await connect(server.url);
  clock = new VirtualClock();
  discord = await startSandboxDiscord({ clock });
  halts = [];
});
afterEach(async () => {
  redis.disconnect();
  for (const close of closing.splice(0)) await close();
  await discord.close();
});

const keys = notificationKeys(randomUUID());

/** One process's. */
function step(channelId: string | undefined = discord.channelId): SignalChangeStep {
  const lane = createDeliveryLane({
    ...{ apiUrl: discord.apiUrl, token: discord.botToken, requestsPerSecond: 1_000 },
    sampleDate: () => {},
    onInvalidRequests: () => {},
  });
  closing.push(lane.close);
  return new SignalChangeStep({ channelId, lane, redis, keys, clock, halt: async (reason) => void halts.push(reason) });
}

function accept(changes: Readonly<Record<string, unknown>> = {}): AcceptedChange {
  const parsed = parseSignalChange(
    JSON.stringify({
      ...{ pair: "EUR/USD", timeframe: "1d", oldSignal: "long", newSignal: "short", newConfidence: 0.77 },
      ...{ signalStrength: "strong", marketCondition: "calm", entryPrice: 1.0853, indicators: {} },
      subscribers: [{ id: "300000000000000001", username: "erin" }],
      ...changes,
    }),
  );
  if (parsed.kind === "malformed") throw new Error(parsed.reason);
  return { identity: randomUUID(), change: parsed.change, receivedAtMs: clock.now() };
}

const run = (one: SignalChangeStep, accepted: AcceptedChange) => one.run(accepted, new AbortController().signal);
const fails = (outcome: RequestFault["outcome"]) =>
  discord.addRouteFault({ method: "POST", route: messages, times: 1, fault: { outcome } as RequestFault });

describe("a changed signal", () => {
  it("is one message in the channel, for whoever follows it", async () => {
    expect(ended(await run(step(), accept()))).toBe("delivered");
    const [message, ...more] = discord.channelMessages();
    expect(more).toEqual([]);
    expect(message?.content).toBe("Sell EUR/USD at 1.0853 (was Buy)\n<@300000000000000001>");
    expect(message?.pings).toEqual(["300000000000000001"]);
    expect(discord.violations).toEqual([]);
  });

  it("pings nobody but its subscribers, whatever it says", async () => {
    const evil = "@everyone <@300000000000000009> <@&300000000000000008> [win](https://evil.example)";
    await run(step(), accept({ newSignal: evil, oldSignal: evil, signalStrength: evil, marketCondition: evil }));
    const [message] = discord.channelMessages();
    expect(message?.pings).toEqual(["300000000000000001"]);
    expect(JSON.stringify(message)).not.toMatch(/(?<!\\)@everyone/);
  });

  it("names as many as Discord takes, whole, and how many more there are", async () => {
    const subscribers = Array.from({ length: 5_000 }, (_, index) => ({ id: `${300000000000000000n + BigInt(index)}` }));
    expect(ended(await run(step(), accept({ subscribers })))).toBe("delivered");
    const [message] = discord.channelMessages();
    const { content = "", pings = [] } = message ?? {};
    expect(discord.violations).toEqual([]);
    expect(pings.length).toBeGreaterThan(50);
    expect(pings.length).toBeLessThanOrEqual(100);
    expect(content).toMatch(new RegExp(`> and ${5_000 - pings.length} more$`));
    expect(content.match(/<@\d+>/g)).toHaveLength(pings.length);
  });

  it("is announced nowhere without a channel, and too late not at all", async () => {
    const nowhere = new SignalChangeStep({
      ...{ channelId: undefined, redis, keys, clock },
      lane: failing,
      halt: async () => {},
    });
    expect(ended(await run(nowhere, accept()))).toBe("withheld noChannel");
    const old = accept();
    await clock.advance(7 * 24 * 3_600_000);
    expect(ended(await run(step(), old))).toBe("withheld outdated");
    expect(discord.channelMessages()).toEqual([]);
  });
});

describe("a lost response", () => {
  it("is one message when it is sent again", async () => {
    fails(lost);
    const accepted = accept();
    expect(await run(step(), accepted)).toMatchObject({ kind: "retry", reason: "network" });
    expect(ended(await run(step(), accepted))).toBe("delivered");
    expect(discord.channelMessages()).toHaveLength(1);
  });

  it("is found in the channel when the nonce may be forgotten", async () => {
    fails(lost);
    const accepted = accept();
    await run(step(), accepted);
    await clock.advance(10 * 60_000);
    expect(ended(await run(step(), accepted))).toBe("delivered");
    expect(discord.channelMessages()).toHaveLength(1);
  });

  it("is sent again when it is not in the channel, if it is of use still", async () => {
    fails({ kind: "reset", processed: false });
    const accepted = accept();
    await run(step(), accepted);
    await clock.advance(10 * 60_000);
    expect(ended(await run(step(), accepted))).toBe("delivered");
    expect(discord.channelMessages()).toHaveLength(1);
  });

  it("gives Discord time to show what was sent last, before it is looked for", async () => {
    fails(lost);
    const accepted = accept();
    await run(step(), accepted);
    await clock.advance(50_000);
    fails({ kind: "status", status: 503, processed: false });
    expect(await run(step(), accepted)).toMatchObject({ kind: "retry", waitMs: 15_000 });
  });
});

describe("what Discord refuses", () => {
  it.each([
    ["the channel is gone", 404, 10003],
    ["the bot may not write there", 403, 50013],
    ["the message", 400, 50035],
  ])("is a dead letter: %s", async (_what, status, code) => {
    fails({ kind: "error", status, code, processed: false });
    expect(ended(await run(step(), accept()))).toBe(`deadLetter refused ${code}`);
  });

  it("halts everything when the bot is quarantined", async () => {
    fails({ kind: "error", status: 403, code: 20026, processed: false });
    expect(await run(step(), accept())).toMatchObject({ kind: "wait", reason: "halted" });
    expect(halts).toEqual(["quarantined"]);
  });
});

const refuse = async (): Promise<never> => {
  throw new Error("nothing is to be sent");
};
const failing = { openChannel: refuse, sendMessage: refuse, editMessage: refuse, recentMessages: refuse };
