import { describe, expect, it } from "vitest";
import { createPreferencesCommand } from "../../src/commands/preferences.ts";
import { texts } from "../../src/presentation/texts.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { alice, ask, refusalOf, requestOf } from "./asking.ts";
import { FakeBackend } from "./fake-backend.ts";
import { FakeRules } from "./fake-rules.ts";

const setUp = () => {
  const backend = new FakeBackend();
  const rules = new FakeRules();
  const clock = new VirtualClock();
  return { backend, rules, clock, command: createPreferencesCommand({ backend, rules, clock }) };
};

describe("/preferences", () => {
  it("shows the current ones when nothing is chosen", async () => {
    const { backend, command } = setUp();
    backend.preferences.set(alice.id, { minConfidence: 0, riskLevel: 3 });
    const text = await ask(command);
    expect(text).toContain("Your preferences\n");
    expect(text).toContain(
      "Risk level: 3 of 10\nTrading style: not set\nMinimum confidence: 0 %\nStrong signals only: not set",
    );
    expect(backend.called("savePreferences")).toEqual([]);
  });

  it("saves what was chosen and shows all", async () => {
    const { backend, command } = setUp();
    backend.preferences.set(alice.id, { riskLevel: 3 });
    const text = await ask(command, { min_confidence: 0.7, trading_style: "counter-trend", strong_signals_only: true });
    expect(text).toContain("Your preferences are saved");
    expect(text).toContain(
      "Risk level: 3 of 10\nTrading style: counter-trend\nMinimum confidence: 70 %\nStrong signals only: yes",
    );
  });

  it.each([
    ["min_confidence", 0],
    ["strong_signals_only", false],
  ] as const)("takes %s %j for a choice", async (name, value) => {
    const { backend, command } = setUp();
    expect(await ask(command, { [name]: value })).toContain("are saved");
    expect(backend.called("savePreferences")).toHaveLength(1);
  });

  it.each([
    [{ risk_level: 0 }, "risk_level must be a whole number from 1 to 10, for example 1."],
    [{ risk_level: 11 }, "risk_level must be a whole number from 1 to 10, for example 10."],
    [{ risk_level: 2.6 }, "risk_level must be a whole number from 1 to 10, for example 3."],
    [{ risk_level: "high" }, "risk_level must be a whole number from 1 to 10, for example 5."],
    [{ min_confidence: 70 }, "min_confidence must be a number from 0 to 1, for example 0.7 for 70 %."],
    [{ min_confidence: -1 }, "min_confidence must be a number from 0 to 1, for example 0.7 for 70 %."],
    [{ min_confidence: 85 }, "min_confidence must be a number from 0 to 1, for example 0.85 for 85 %."],
    [{ min_confidence: Number.NaN }, "min_confidence must be a number from 0 to 1, for example 0.7 for 70 %."],
    [{ trading_style: "yolo" }, "trading_style must be one of trend, counter-trend, mixed, for example trend."],
    [{ strong_signals_only: "yes" }, "strong_signals_only must be True or False, for example True."],
  ])("refuses %j with an example, and asks the backend nothing", async (options, sentence) => {
    const { backend, command } = setUp();
    expect(await refusalOf(command, options)).toBe(sentence);
    expect(backend.calls).toEqual([]);
  });

  it("lets what is saved hold also for signals that the backend did not choose", async () => {
    const { rules, command } = setUp();
    rules.set(alice.id, { fewer: ["EUR/USD|1h"] });
    await ask(command, { min_confidence: 0.7, strong_signals_only: true });
    expect(rules.of(alice.id)).toMatchObject({ minConfidence: 0.7, strongOnly: true, fewer: ["EUR/USD|1h"] });
    await ask(command, { strong_signals_only: false });
    expect(rules.of(alice.id)).toMatchObject({ minConfidence: 0.7, strongOnly: false });
  });

  it("lets what is shown hold, also when the backend has forgotten what was chosen", async () => {
    const { rules, command } = setUp();
    rules.set(alice.id, { minConfidence: 0.7, strongOnly: true });
    expect(await ask(command)).toContain("Minimum confidence: not set");
    expect(rules.of(alice.id)).toMatchObject({ minConfidence: undefined, strongOnly: false });
  });

  it("saves also when the bot's own memory is away, and says that the old choice may hold for a while", async () => {
    const { backend, rules, command } = setUp();
    rules.failure = new Error("Connection is closed.");
    const text = await ask(command, { min_confidence: 0.7 });
    expect(text).toContain("Your preferences are saved");
    expect(text).toContain(texts.rules.notMirrored);
    expect(backend.preferences.get(alice.id)).toEqual({ minConfidence: 0.7 });
    expect(await ask(command)).toContain("Minimum confidence: 70 %");
  });

  it("waits for the bot's own memory no longer than a person notices", async () => {
    const { rules, clock, command } = setUp();
    rules.silent = true;
    let answered = false;
    void command.execute(requestOf()).then(() => {
      answered = true;
    });
    await clock.advance(299);
    expect(answered).toBe(false);
    await clock.advance(1);
    expect(answered).toBe(true);
  });

  it("is for the person alone", () => {
    expect(setUp().command.visibility).toBe("private");
  });
});
