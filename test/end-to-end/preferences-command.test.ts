import { describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import { useBot } from "./support/use-bot.ts";

const world = useBot();

describe("/preferences", () => {
  it("shows that nothing is set to somebody who never chose anything, and changes nothing", async () => {
    const requests = await world.backendRequestsDuring(async () => {
      const answer = await world.newPerson().readPrivate("preferences");
      expect(answer.title).toBe(texts.preferences.title);
      expect(answer.fields).toEqual({
        ...{ "Risk level": "not set", "Trading style": "not set" },
        ...{ "Minimum confidence": "not set", "Strong signals only": "not set" },
      });
    });
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  it("saves all four at once", async () => {
    const options = { risk_level: 3, trading_style: "counter-trend", min_confidence: 0.725, strong_signals_only: true };
    const answer = await world.newPerson().readPrivate("preferences", options);
    expect(answer.title).toBe(texts.preferences.saved);
    expect(answer.fields).toEqual({
      ...{ "Risk level": "3 of 10", "Trading style": "counter-trend" },
      ...{ "Minimum confidence": "72.5 %", "Strong signals only": "yes" },
    });
  });

  it("changes only what is given and keeps the rest", async () => {
    const person = world.newPerson();
    await person.readPrivate("preferences", { risk_level: 8, trading_style: "mixed" });
    await person.readPrivate("preferences", { risk_level: 2 });
    const { fields } = await person.readPrivate("preferences");
    expect(fields).toMatchObject({ "Risk level": "2 of 10", "Trading style": "mixed" });
  });

  it("takes a confidence of 0 and a plain no for choices, not for nothing", async () => {
    const person = world.newPerson();
    await person.readPrivate("preferences", { min_confidence: 0, strong_signals_only: false });
    const { fields } = await person.readPrivate("preferences");
    expect(fields).toMatchObject({ "Minimum confidence": "0 %", "Strong signals only": "no" });
  });

  it("keeps one person's choices from another", async () => {
    await world.newPerson().readPrivate("preferences", { risk_level: 9 });
    expect((await world.newPerson().readPrivate("preferences")).fields["Risk level"]).toBe("not set");
  });
});
