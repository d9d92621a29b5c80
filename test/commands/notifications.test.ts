import { describe, expect, it } from "vitest";
import { createNotificationsCommand } from "../../src/commands/notifications.ts";
import { StoreError, withStoreErrors } from "../../src/commands/person-store.ts";
import type { OptionValue } from "../../src/interactions/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { alice, ask, bob, refusalOf, requestOf, suggestionsOf } from "./asking.ts";
import { FakeMessenger } from "./fake-messenger.ts";
import { FakeRules, noRules } from "./fake-rules.ts";

const hourMs = 3_600_000;
/** When the commands are used, and what the clock shows: noon in Greenwich, eight in the evening in Taipei. */
const noonMs = Date.UTC(2026, 0, 5, 12, 0, 0);

const setUp = () => {
  const rules = new FakeRules();
  const messenger = new FakeMessenger();
  const clock = new VirtualClock(noonMs);
  const command = createNotificationsCommand({ rules: withStoreErrors(rules), messenger, clock });
  const use = (subcommand: string, options: Readonly<Record<string, OptionValue>> = {}) =>
    ask(command, options, { subcommand });
  const refused = (subcommand: string, options: Readonly<Record<string, OptionValue>> = {}) =>
    refusalOf(command, options, { subcommand });
  return { rules, messenger, clock, command, use, refused };
};

const night = { from: "22:00", to: "07:00", time_zone: "Asia/Taipei" };

describe("/notifications show", () => {
  it("tells somebody who never chose anything that nothing holds them up", async () => {
    const { use } = setUp();
    expect(await use("show")).toBe(
      [
        texts.rules.title,
        texts.rules.hint,
        "Direct messages: signals are sent to you",
        "Quiet hours: none",
        "Muted: no",
        "Minimum confidence: not set",
        "Strong signals only: no",
        "Fewer: none",
      ].join("\n"),
    );
  });

  it("tells everything that was chosen, and how to get over a stop", async () => {
    const { rules, use } = setUp();
    rules.set(alice.id, {
      minConfidence: 0.7,
      strongOnly: true,
      fewer: ["EUR/USD|1h", "USD/JPY|"],
      quietHours: { fromMinute: 1320, toMinute: 425, timeZone: "Asia/Taipei", strongPasses: true },
      mutedUntilMs: noonMs + hourMs,
      stopped: { code: 50007, atMs: noonMs - hourMs },
    });
    const text = await use("show");
    expect(text).toContain("Direct messages: stopped <t:1767610800:R>: your direct messages are closed to the bot");
    expect(text).toContain("use `/notifications resume`");
    expect(text).toContain("Quiet hours: 22:00 to 07:05 in `Asia/Taipei`; strong signals come at once");
    expect(text).toContain("Muted: until <t:1767618000:f> (<t:1767618000:R>)");
    expect(text).toContain("Minimum confidence: 70 %\nStrong signals only: yes");
    expect(text).toContain("Fewer: EUR/USD (1h): strong signals only\nUSD/JPY: strong signals only");
  });

  it("takes a mute that is over for none", async () => {
    const { rules, use } = setUp();
    rules.set(alice.id, { mutedUntilMs: noonMs });
    expect(await use("show")).toContain("Muted: no");
  });
});

describe("/notifications quiet", () => {
  it("sets quiet hours, and shows the time it is there", async () => {
    const { rules, use } = setUp();
    const text = await use("quiet", { ...night, strong_signals_pass: true });
    expect(text).toContain("22:00 to 07:00 in `Asia/Taipei`; strong signals come at once. It is 20:00 there now.");
    expect(text).toContain("`/notifications quiet_off`");
    expect(rules.of(alice.id).quietHours).toEqual({
      ...{ fromMinute: 1320, toMinute: 420, timeZone: "Asia/Taipei" },
      strongPasses: true,
    });
  });

  it("lets strong signals wait too when nothing is said of them", async () => {
    const { rules, use } = setUp();
    expect(await use("quiet", night)).toContain("strong signals wait too");
    expect(rules.of(alice.id).quietHours?.strongPasses).toBe(false);
  });

  it.each([
    ["22:00", 1320],
    ["7", 420],
    [" 07:05 ", 425],
    ["7.30", 450],
    ["0730", 450],
    ["730", 450],
    ["22h15", 1335],
    ["10pm", 1320],
    ["10:30 p.m.", 1350],
    ["12am", 0],
    ["12 PM", 720],
    ["0:00", 0],
    ["24:00", 0],
    ["２２：００", 1320],
  ])("takes %o for a time of day", async (from, fromMinute) => {
    const { rules, use } = setUp();
    await use("quiet", { ...night, from, to: fromMinute < 600 ? "12:00" : "07:00" });
    expect(rules.of(alice.id).quietHours?.fromMinute).toBe(fromMinute);
  });

  it.each(["", "24:01", "25", "7:60", "13pm", "0am", "-7", "noon", "7:5", "22:00:00", "@everyone", "1e1"])(
    "refuses %o with an example",
    async (from) => {
      const { rules, refused } = setUp();
      expect(await refused("quiet", { ...night, from })).toBe(texts.rules.time("from", "22:00"));
      expect(await refused("quiet", { ...night, to: from })).toBe(texts.rules.time("to", "07:00"));
      expect(rules.of(alice.id)).toEqual(noRules);
    },
  );

  it.each([
    ["Asia/Taipei", "Asia/Taipei"],
    ["asia/taipei", "Asia/Taipei"],
    ["taipei", "Asia/Taipei"],
    ["New York", "America/New_York"],
    ["america/new york", "America/New_York"],
    ["utc", "UTC"],
    ["Asia/Kolkata", "Asia/Kolkata"],
    ["US/Eastern", "America/New_York"],
  ])("takes %o for %s", async (typed, zone) => {
    const { rules, use } = setUp();
    await use("quiet", { ...night, time_zone: typed });
    expect(rules.of(alice.id).quietHours?.timeZone).toBe(zone);
  });

  it.each(["", "Mars/Olympus", "CST", "EST", "+08:00", "Asia", "on", "x".repeat(5000), "Asia/../UTC"])(
    "refuses %o with an example",
    async (typed) => {
      const { rules, refused } = setUp();
      const sentence = await refused("quiet", { ...night, time_zone: typed });
      expect(sentence).toContain("is not a time zone. Choose one from the suggestions, for example Asia/Taipei");
      expect(sentence.length).toBeLessThan(200);
      expect(rules.of(alice.id)).toEqual(noRules);
    },
  );

  it.each([
    ["07:00", "07:00", texts.rules.sameTimes],
    ["07:00", "03:01", texts.rules.tooLong(20)],
  ])("refuses from %s to %s", async (from, to, sentence) => {
    const { rules, refused } = setUp();
    expect(await refused("quiet", { ...night, from, to })).toBe(sentence);
    expect(rules.of(alice.id)).toEqual(noRules);
  });

  it("allows the longest there may be", async () => {
    const { rules, use } = setUp();
    await use("quiet", { ...night, from: "07:00", to: "03:00" });
    expect(rules.of(alice.id).quietHours).toMatchObject({ fromMinute: 420, toMinute: 180 });
  });

  it("needs all of it, whatever the client lets through", async () => {
    const { refused } = setUp();
    expect(await refused("quiet", {})).toBe(texts.rules.time("from", "22:00"));
    expect(await refused("quiet", { from: "22:00" })).toBe(texts.rules.time("to", "07:00"));
    expect(await refused("quiet", { ...night, strong_signals_pass: "yes" })).toBe(
      texts.input.flag("strong_signals_pass"),
    );
  });
});

describe("while a time zone is typed", () => {
  it.each([
    ["tai", "Asia/Taipei"],
    ["new y", "America/New_York"],
    ["berlin", "Europe/Berlin"],
    ["kolk", "Asia/Kolkata"],
  ])("%o suggests %s first, with the time it is there", async (typed, zone) => {
    const [first] = await suggestionsOf(setUp().command, "time_zone", typed);
    expect(first?.value).toBe(zone);
    expect(first?.name).toMatch(new RegExp(`^${zone} \\(\\d\\d:\\d\\d now\\)$`));
  });

  it("nothing typed suggests the usual ones", async () => {
    const suggested = await suggestionsOf(setUp().command, "time_zone", "");
    expect(suggested.map(({ value }) => value)).toEqual(
      expect.arrayContaining(["UTC", "Asia/Taipei", "Europe/London"]),
    );
    expect(suggested).toContainEqual({ name: "Asia/Taipei (20:00 now)", value: "Asia/Taipei" });
    expect(suggested.length).toBeLessThanOrEqual(25);
  });

  it("no more than Discord shows are suggested, and nothing for nonsense", async () => {
    const { command } = setUp();
    expect(await suggestionsOf(command, "time_zone", "a")).toHaveLength(25);
    expect(await suggestionsOf(command, "time_zone", "@everyone")).toEqual([]);
  });

  it("every suggestion is accepted", async () => {
    const { command, rules, use } = setUp();
    for (const { value } of await suggestionsOf(command, "time_zone", "america")) {
      await use("quiet", { ...night, time_zone: String(value) });
      expect(rules.of(alice.id).quietHours?.timeZone).toBe(value);
    }
  });
});

describe("/notifications quiet_off", () => {
  it("ends quiet hours, and says when there were none", async () => {
    const { rules, use } = setUp();
    expect(await use("quiet_off")).toBe(texts.rules.hadNoQuietHours);
    await use("quiet", night);
    expect(await use("quiet_off")).toBe(texts.rules.quietOff);
    expect(rules.of(alice.id).quietHours).toBeUndefined();
  });
});

describe("/notifications mute", () => {
  it.each([
    ["1h", noonMs + hourMs],
    ["1d", noonMs + 24 * hourMs],
  ])("for %s mutes from when it was asked for", async (lasting, untilMs) => {
    const { rules, clock, command } = setUp();
    await clock.advance(20_000);
    const text = await ask(command, { for: lasting }, { subcommand: "mute", usedAt: new Date(noonMs) });
    expect(rules.of(alice.id).mutedUntilMs).toBe(untilMs);
    expect(text).toContain(`You are muted until <t:${untilMs / 1000}:f> (<t:${untilMs / 1000}:R>).`);
    expect(text).toContain("`/notifications unmute`");
  });

  it.each<Readonly<Record<string, OptionValue>>>([{}, { for: "1w" }, { for: 1 }])("refuses %j", async (options) => {
    const { rules, refused } = setUp();
    expect(await refused("mute", options)).toContain("for must be one of 1h, 1d, for example 1h.");
    expect(rules.of(alice.id)).toEqual(noRules);
  });

  it("is ended by unmute, which says when there was none", async () => {
    const { rules, use } = setUp();
    expect(await use("unmute")).toBe(texts.rules.wasNotMuted);
    await use("mute", { for: "1d" });
    expect(await use("unmute")).toBe(texts.rules.unmuted);
    expect(rules.of(alice.id).mutedUntilMs).toBeUndefined();
  });
});

describe("/notifications fewer_off", () => {
  const fewer = ["EUR/USD|1h", "EUR/USD|4h", "USD/JPY|1h"];

  it("brings back all signals of one pair, or all", async () => {
    const { rules, use } = setUp();
    rules.set(alice.id, { fewer });
    expect(await use("fewer_off", { pair: "eurusd" })).toBe("You get all signals for EUR/USD again.");
    expect(rules.of(alice.id).fewer).toEqual(["USD/JPY|1h"]);
    expect(await use("fewer_off", { pair: "eurusd" })).toBe(texts.rules.hadNoFewer);
    expect(await use("fewer_off")).toBe(texts.rules.fewerOffAll);
    expect(rules.of(alice.id).fewer).toEqual([]);
    expect(await use("fewer_off")).toBe(texts.rules.hadNoFewer);
  });

  it("refuses what is no pair rather than bringing back all", async () => {
    const { rules, refused } = setUp();
    rules.set(alice.id, { fewer });
    expect(await refused("fewer_off", { pair: "euro" })).toContain("is not a currency pair");
    expect(rules.of(alice.id).fewer).toEqual(fewer);
  });

  it("suggests the person's own, each once", async () => {
    const { rules, command } = setUp();
    rules.set(alice.id, { fewer });
    expect((await suggestionsOf(command, "pair", "")).map(({ value }) => value)).toEqual(["EUR/USD", "USD/JPY"]);
    expect(await suggestionsOf(command, "pair", "", { person: bob })).toEqual([]);
    rules.failure = new Error("Connection is closed.");
    expect(await suggestionsOf(command, "pair", "")).toEqual([]);
  });
});

describe("/notifications resume", () => {
  const stopped = { code: 50007, atMs: noonMs - hourMs };

  it("sends a test message, and lets signals come again when it arrives", async () => {
    const { rules, messenger, use } = setUp();
    rules.stop(alice.id, stopped);
    messenger.onConfirm = () => expect(rules.of(alice.id).stopped).toEqual(stopped);
    expect(await use("resume")).toBe(texts.rules.resumed);
    expect(messenger.sent).toMatchObject([{ personId: alice.id, text: expect.stringContaining("Signals reach you") }]);
    expect(rules.of(alice.id).stopped).toBeUndefined();
  });

  it("leaves the person stopped while their direct messages are closed, and says how to open them", async () => {
    const { rules, messenger, use } = setUp();
    rules.stop(alice.id, stopped);
    messenger.outcome = "closed";
    expect(await use("resume")).toContain("Privacy Settings, and allow direct messages from server members");
    expect(rules.of(alice.id).stopped).toEqual(stopped);
  });

  it("lets signals come again when Discord did not say either way, and says so", async () => {
    const { rules, messenger, use } = setUp();
    rules.stop(alice.id, stopped);
    messenger.outcome = "failed";
    expect(await use("resume")).toBe(texts.rules.notTested);
    expect(rules.of(alice.id).stopped).toBeUndefined();
  });

  it("tests also for somebody who was not stopped", async () => {
    const { messenger, use } = setUp();
    expect(await use("resume")).toBe(texts.rules.resumed);
    expect(messenger.sent).toHaveLength(1);
  });
});

describe("after its process died", () => {
  it("shows again what only shows, and does again what sets the same", async () => {
    const { rules, messenger, command } = setUp();
    const effects = ["show", "quiet", "quiet_off", "mute", "unmute", "fewer_off", "resume"].map((subcommand) =>
      typeof command.effect === "function" ? command.effect(requestOf({}, { subcommand })) : command.effect,
    );
    expect(effects).toEqual(["reads", ...Array.from({ length: 6 }, () => "writes")]);
    const mute = requestOf({ for: "1h" }, { subcommand: "mute" });
    expect(await command.recover?.(mute)).toEqual(await command.execute(mute));
    expect(rules.of(alice.id).mutedUntilMs).toBe(noonMs + hourMs);
    const resume = requestOf({}, { subcommand: "resume" });
    await command.execute(resume);
    await command.recover?.(resume);
    await command.execute({ ...resume, reference: "another" });
    const [first, again, another] = messenger.sent.map(({ confirmationId }) => confirmationId);
    expect(again).toBe(first);
    expect(another).not.toBe(first);
  });
});

it.each(["show", "quiet", "quiet_off", "mute", "unmute", "fewer_off", "resume"])(
  "%s fails as a whole when what is kept cannot be reached",
  async (subcommand) => {
    const { rules, command } = setUp();
    rules.failure = new Error("Connection is closed.");
    const asked = command.execute(requestOf({ ...night, for: "1h" }, { subcommand }));
    await expect(asked).rejects.toThrow(StoreError);
  },
);

it("knows no other subcommand, and is for the person alone", async () => {
  const { command, refused } = setUp();
  expect(await refused("louder")).toBe(texts.interaction.unknownCommand);
  expect(command.visibility).toBe("private");
});
