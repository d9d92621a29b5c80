import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { delay, systemClock } from "../../src/clock.ts";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import type { SandboxInteraction } from "../../src/sandbox/discord/api.ts";
import { type CuttableProxy, startCuttableProxy } from "../support/cuttable-proxy.ts";
import { startTestSandbox } from "../support/sandbox.ts";
import { keptOf, putBack, readKeptSession } from "./support/kept.ts";
import { LeaseTest, leads } from "./support/lease.ts";

/** Of what is sent to Redis about interactions, only in what records one. */
const inEveryRecord = "HSETNX";
const tooOldMs = 3000;

describe("a bot killed between its acknowledgement and its record, whose successor is handed the event again", {
  timeout: 90_000,
}, () => {
  let test: LeaseTest;
  let proxy: CuttableProxy;

  beforeEach(async () => {
    const sandbox = await startTestSandbox();
    test = new LeaseTest(sandbox);
    proxy = await startCuttableProxy(sandbox.redis.port);
  });
  afterEach(async () => {
    await proxy.close();
    await test.end();
    await test.sandbox.stop();
  });

  /** Dies when Discord has its acknowledgement, and Redis what came before the record. */
  const dieInBetween = async (bot: BotProcess, name: string): Promise<SandboxInteraction> => {
    const before = await readKeptSession(test.sandbox);
    const silence = test.sandbox.backend.addFault({ kind: "hang" });
    const swallowed = proxy.swallowFrom(inEveryRecord);
    const open = test.use(name, name === "signal" ? { pair: "EUR/USD" } : {});
    await Promise.all([swallowed, open.until(({ saw }) => saw === "thinking")]);
    bot.kill("SIGKILL");
    await bot.exited;
    silence();
    await putBack(test.sandbox, before);
    return open;
  };

  const endsWell = async (open: SandboxInteraction) => {
    const { visible, answersShown, deliveries, attempts } = await open.answered();
    expect({ visible: visible.length, answersShown }).toEqual({ visible: 1, answersShown: 1 });
    expect(deliveries.map(({ replayed }) => replayed)).toEqual([false, true]);
    expect(attempts.filter(({ request, processed }) => request === "edit" && processed)).toHaveLength(1);
    const { discord } = test.sandbox;
    expect(discord.directMessages(open.report().personId)).toEqual([]);
    expect(discord.identifiesRemaining).toBe(999);
  };

  describe.each([
    ["claimed before it was acknowledged", "signal"],
    ["acknowledged first", "ping"],
  ])("answers once what is %s", (_what, name) => {
    it.each([
      ["at once", 0],
      ["when it is too late to acknowledge", tooOldMs],
    ])("with INSTANCE_MODE=lock, started %s", async (_when, afterMs) => {
      const alone = { INSTANCE_MODE: "lock", PRECOMPUTE_SIGNALS: "off" };
      const first = test.start({ ...alone, REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
      await first.ready();
      const open = await dieInBetween(first, name);
      expect(await keptOf(test.sandbox, open)).not.toContain("open");
      await delay(systemClock, afterMs);
      await test.start(alone).ready();
      await endsWell(open);
    });

    it("with INSTANCE_MODE=lease, by the standby", async () => {
      const leader = await test.startLeader({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
      const standby = await test.startStandby();
      const open = await dieInBetween(leader, name);
      expect(await keptOf(test.sandbox, open)).not.toContain("open");
      await leads(standby);
      await endsWell(open);
    });
  });
});
