import { expect, it } from "vitest";
import { useBot } from "./support/use-bot.ts";

const world = useBot({ PRECOMPUTE_SIGNALS: "EUR/USD 1h, USD/JPY swing", SIGNAL_FRESH_MS: "3000" });

const refreshed = (pair: string) => world.backend.requests.filter(({ query }) => query.pair === pair).length;

it("asks for chosen signals again and again before anybody does, so that the first to ask need not wait", async () => {
  // The second time shows that it was asked for again because it would be out of date soon.
  await expect
    .poll(() => [refreshed("EUR/USD"), refreshed("USD/JPY")].every((count) => count >= 2), { timeout: 20_000 })
    .toBe(true);
  const using = world.newPerson().use("signal", { pair: "EUR/USD" });
  const { attempts, answersShown } = await using.answered();
  expect(attempts.map(({ request }) => request)).toEqual(["callback"]);
  expect(answersShown).toBe(1);
  expect(
    (await world.metrics()).total("signalguard_signals_precomputed_total", { outcome: "refreshed" }),
  ).toBeGreaterThan(1);
});
