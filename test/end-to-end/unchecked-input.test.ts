import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { commandDefinitions } from "../../src/commands/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import type { Options } from "./support/person.ts";
import { useBot } from "./support/use-bot.ts";

/**
 * Discord's clients check options against the definition they have, which may be an old one, and nobody checks again
 * (`discord-facts.md` 5): here they have one without any limits, and with a command that the bot no longer knows.
 */
const world = useBot({}, { definitions: [...commandDefinitions.map(withoutLimits), forgottenCommand()] });

const timeframes = "15min, 30min, 1h, 4h, 1d";
const price = (option: string, example: string) => texts.position.priceRange(option, "0.00001", "99999.99999", example);
const bought: Options = { pair: "EUR/USD", action: "buy", entry_price: 1.085, size: 1000 };
const { entry_price: _entryPrice, ...withoutEntry } = bought;
const { size: _size, ...withoutSize } = bought;
const { action: _action, ...withoutAction } = bought;

describe("what Discord's client should not have sent", () => {
  it.each<readonly [string, Options, string]>([
    ["signal", {}, texts.input.pairMissing],
    ["signal", { pair: "EUR/USD", timeframe: "7h" }, texts.input.oneOf("timeframe", timeframes, "15min")],
    [
      "signal",
      { pair: "EUR/USD", period: "decade" },
      texts.input.oneOf("period", "intraday, swing, position, longterm", "intraday"),
    ],
    ["subscribe", {}, texts.input.pairMissing],
    [
      "subscribe",
      { pair: "EUR/USD", signal_type: "loud" },
      texts.input.oneOf("signal_type", "all, buy, sell, strong", "all"),
    ],
    ["preferences", { risk_level: 11 }, texts.preferences.riskLevelRange("10")],
    ["preferences", { risk_level: 0 }, texts.preferences.riskLevelRange("1")],
    ["preferences", { min_confidence: 70 }, texts.preferences.minConfidenceRange("0.7", "70 %")],
    ["preferences", { min_confidence: -0.1 }, texts.preferences.minConfidenceRange("0.7", "70 %")],
    [
      "preferences",
      { trading_style: "gut" },
      texts.input.oneOf("trading_style", "trend, counter-trend, mixed", "trend"),
    ],
    ["notifications quiet", {}, texts.rules.time("from", "22:00")],
    ["notifications quiet", { from: "22:00", to: "7", time_zone: "CST" }, texts.rules.timeZone("CST")],
    ["notifications mute", { for: "ever" }, texts.input.oneOf("for", "1h, 1d", "1h")],
    ["notifications fewer_off", { pair: "euro" }, texts.input.pair("euro")],
    ["history", { pair: "euro" }, texts.input.pair("euro")],
    ["position open", {}, texts.input.pairMissing],
    ["position open", withoutAction, texts.input.oneOf("action", "buy, sell", "buy")],
    ["position open", { ...bought, action: "long" }, texts.input.oneOf("action", "buy, sell", "buy")],
    ["position open", withoutEntry, price("entry_price", "1.1000")],
    ["position open", { ...bought, entry_price: 0 }, price("entry_price", "1.1000")],
    ["position open", { ...bought, entry_price: -1.085 }, price("entry_price", "1.0850")],
    ["position open", { ...bought, entry_price: 108_500 }, price("entry_price", "1.0850")],
    ["position open", { ...bought, stop_loss: -1.08 }, price("stop_loss", "1.0800")],
    ["position open", { ...bought, take_profit: 0 }, price("take_profit", "1.1000")],
    ["position open", withoutSize, texts.position.sizeRange("1,000")],
    ["position open", { ...bought, notes: "x".repeat(201) }, texts.position.notesLength(200, 201)],
    ["position close", { position_id: "any" }, price("exit_price", "1.1000")],
    ["position close", { position_id: "any", exit_price: 0 }, price("exit_price", "1.1000")],
  ])("/%s %o is refused privately, with what is accepted, and asks the backend nothing", async (...given) => {
    const [command, options, sentence] = given;
    const requests = await world.backendRequestsDuring(async () => {
      expect((await world.newPerson().readPrivate(command, options)).content).toBe(sentence);
    });
    expect(requests).toEqual([]);
  });

  it("closes nothing when no position is named", async () => {
    const person = world.newPerson();
    await person.readPrivate("position open", bought);
    const requests = await world.backendRequestsDuring(async () => {
      const { content } = await person.readPrivate("position close", { exit_price: 1.09 });
      expect(content).toBe(texts.position.notFound);
    });
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  it("shows what was typed for a pair without letting it ping or format, and cuts it where it grows long", async () => {
    const pair = `@everyone **${"x".repeat(500)}`;
    const { content } = await world.newPerson().readPrivate("signal", { pair });
    expect(content).toContain("“\\@everyone \\*\\*xxx");
    expect(content.length).toBeLessThan(200);
  });

  it("says that Discord has to be reloaded for a command that the bot no longer knows", async () => {
    const { content } = await world.newPerson().readPrivate("forecast");
    expect(content).toBe(texts.interaction.unknownCommand);
  });
});

function withoutLimits(
  definition: RESTPostAPIChatInputApplicationCommandsJSONBody,
): RESTPostAPIChatInputApplicationCommandsJSONBody {
  const limits = ["min_value", "max_value", "max_length", "choices", "required"];
  return JSON.parse(JSON.stringify(definition), (key, value) => (limits.includes(key) ? undefined : value));
}

function forgottenCommand(): RESTPostAPIChatInputApplicationCommandsJSONBody {
  return { name: "forecast", description: "A command of an earlier version" };
}
