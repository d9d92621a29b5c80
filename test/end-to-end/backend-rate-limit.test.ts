import { expect, it } from "vitest";
import { noKeptSignals, useBot } from "./support/use-bot.ts";

const world = useBot(noKeptSignals, { backendRateLimit: { max: 2, windowMs: 5 * 60_000 } });

it("tells the person alone when to come back once the backend's own limit is used up for everybody", async () => {
  for (const pair of ["EUR/USD", "GBP/USD"]) await world.newPerson().readPublic("signal", { pair });
  const { content } = await world.newPerson().readPrivate("signal", { pair: "EUR/USD" });
  expect(content).toMatch(/^The trading backend is busy: .* Try again in 5 minutes\.\nReference: /);
  expect((await world.newPerson().readPrivate("subscriptions")).content).toContain("Try again in 5 minutes");
  expect((await world.newPerson().readPrivate("ping")).fields.Backend).toContain("up, but busy");
});
