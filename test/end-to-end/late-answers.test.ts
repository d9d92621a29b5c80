import { describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import { useBot } from "./support/use-bot.ts";

describe("a command that arrived too late to be acknowledged", () => {
  const world = useBot({ LOG_LEVEL: "debug" });
  const late = { faults: { deliverAfterMs: 2800 } };

  it("is answered by direct message when it only reads, says why, and sends nothing about the interaction", async () => {
    const person = world.newPerson();
    const message = world.discord.nextDirectMessage(person.id);
    const using = person.use("signal", { pair: "EUR/USD" }, late);
    const { content, embeds } = await message;
    expect(content).toContain(texts.interaction.arrivedTooLate);
    expect(embeds[0]?.title).toContain("EUR/USD");
    expect(using.report().attempts).toEqual([]);
  });

  it("is so once a minute at most", async () => {
    const person = world.newPerson();
    const first = person.use("signal", { pair: "EUR/USD" }, late);
    const second = person.use("signal", { pair: "USD/JPY" }, late);
    const told = ({ id }: { readonly id: string }) =>
      world.bot.logged(({ interactionId, delivered }) => interactionId === id && delivered !== undefined);
    const delivered = await Promise.all([told(first), told(second)]);
    expect(delivered.map((line) => line.delivered).sort()).toEqual([false, true]);
    expect(world.discord.directMessages(person.id)).toHaveLength(1);
  });

  it("is not run at all when it changes things", async () => {
    const person = world.newPerson();
    const options = { pair: "EUR/USD", action: "buy", entry_price: 1.085, size: 1 };
    const requests = await world.backendRequestsDuring(async () => {
      const using = person.use("position open", options, late);
      await world.bot.logged(({ interactionId, outcome }) => interactionId === using.id && outcome === "skipped");
      await using.settled();
    });
    expect(requests.filter(({ method }) => method === "POST")).toEqual([]);
    expect(world.discord.directMessages(person.id)).toEqual([]);
  });
});
