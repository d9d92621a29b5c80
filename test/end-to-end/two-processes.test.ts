import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import type { SandboxInteraction } from "../../src/sandbox/discord/api.ts";
import { fetchMetrics } from "./support/metrics.ts";
import { noKeptSignals, useBot } from "./support/use-bot.ts";

const env = { INSTANCE_MODE: "off", LOG_LEVEL: "debug", ...noKeptSignals };
const world = useBot(env);
let second: BotProcess;

beforeAll(async () => {
  second = world.sandbox.startBot({ env });
  await second.ready();
  await world.discord.gatewayReady(2);
});
afterAll(() => second.stop());

/** What each of the two found out about who acknowledged, once both know. */
const ownershipsOf = async ({ id }: SandboxInteraction): Promise<readonly unknown[]> => {
  const lines = await Promise.all(
    [world.bot, second].map((bot) => bot.logged((line) => line.interactionId === id && "ownership" in line)),
  );
  return lines.map(({ ownership }) => ownership).toSorted();
};

/** Resolves when neither has anything left to do for the interaction. */
const endedInBoth = ({ id }: SandboxInteraction) =>
  Promise.all([world.bot, second].map((bot) => bot.logged((line) => line.interactionId === id && "outcome" in line)));

const foreignInteractions = async (): Promise<number> => {
  const urls = await Promise.all([world.bot, second].map((bot) => bot.operationsUrl()));
  const metrics = await Promise.all(urls.map(fetchMetrics));
  return metrics.reduce((sum, each) => sum + each.total("signalguard_interactions_total", { outcome: "foreign" }), 0);
};

describe("two processes on one token", () => {
  it.each([
    ["40060", false],
    ["10062", true],
  ] as const)(
    "answer each interaction once, whoever is first: the other is told %s and leaves it",
    async (_code, secondAckUnknown) => {
      const requests = await world.backendRequestsDuring(async () => {
        const uses = Array.from({ length: 4 }, () =>
          world.newPerson().use("subscriptions", {}, { faults: { secondAckUnknown } }),
        );
        for (const using of uses) {
          const { deliveries, visible, answersShown } = await using.answered();
          expect(deliveries).toHaveLength(2);
          expect(visible).toHaveLength(1);
          expect(answersShown).toBe(1);
          await endedInBoth(using);
          expect(using.report().visible).toHaveLength(1);
          if (!secondAckUnknown) expect(await ownershipsOf(using)).toEqual(["foreign", "owned"]);
        }
      });
      expect(requests).toHaveLength(4);
    },
  );

  it("show the operator that a second one is running, in the log and in the metrics", async () => {
    const before = await foreignInteractions();
    const using = world.newPerson().use("ping");
    await using.answered();
    const line = await Promise.race(
      [world.bot, second].map((bot) =>
        bot.logged(({ interactionId, ownership }) => interactionId === using.id && ownership === "foreign"),
      ),
    );
    expect(line.level).toBe("warn");
    expect(line.message).toContain("is a second bot running with this token?");
    expect(await foreignInteractions()).toBe(before + 1);
  });

  it("ask the backend once for each interaction", async () => {
    const requests = await world.backendRequestsDuring(async () => {
      const using = world.newPerson().use("signal", { pair: "EUR/USD" });
      await endedInBoth(using);
    });
    expect(requests).toHaveLength(1);
  });

  it("answer once also when the response to the winner was lost", async () => {
    const lost = { outcome: { kind: "reset", processed: true } } as const;
    const requests = await world.backendRequestsDuring(async () => {
      const using = world.newPerson().use("signal", { pair: "EUR/USD" }, { faults: { callbacks: [lost] } });
      const { visible, answersShown } = await using.answered();
      expect(visible).toHaveLength(1);
      expect(answersShown).toBe(1);
      await endedInBoth(using);
    });
    expect(requests).toHaveLength(1);
  });
});
