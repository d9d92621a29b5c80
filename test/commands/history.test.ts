import { describe, expect, it } from "vitest";
import { createHistoryCommand } from "../../src/commands/history.ts";
import type { Ledger } from "../../src/commands/index.ts";
import { StoreError } from "../../src/commands/person-store.ts";
import type { SentMessageView } from "../../src/presentation/history-card.ts";
import { texts } from "../../src/presentation/texts.ts";
import { signal } from "../notifications/support/notification.ts";
import { alice, ask, refusalOf, requestOf, suggestionsOf } from "./asking.ts";
import { FakeBackend } from "./fake-backend.ts";

const sentAtMs = Date.UTC(2026, 0, 5, 12, 0, 0);

const buy = signal({ timeframe: "1h" });
const sell = signal({ pair: "USD/JPY", direction: "sell", word: "short", entryPrice: 149.32, stopLoss: undefined });

class FakeLedger implements Ledger {
  readonly asked: unknown[] = [];
  messages: readonly SentMessageView[] = [];
  failure: Error | undefined;

  async history(...asked: Parameters<Ledger["history"]>) {
    this.asked.push(asked);
    if (this.failure !== undefined) throw this.failure;
    return this.messages;
  }
}

const setUp = () => {
  const history = new FakeLedger();
  const backend = new FakeBackend();
  return { history, backend, command: createHistoryCommand({ backend, history }) };
};

describe("/history", () => {
  it("tells what was sent and when, newest first", async () => {
    const { history, command } = setUp();
    history.messages = [
      { sentAtMs: sentAtMs + 60_000, editedAtMs: sentAtMs + 120_000, signals: [sell, buy] },
      { sentAtMs, editedAtMs: undefined, signals: [buy] },
    ];
    expect(await ask(command)).toBe(
      [
        "What was sent to you",
        "<t:1767614460:f>, changed <t:1767614520:R>",
        "Sell USD/JPY (4h) at 149.32, target 1.095, confidence 82 %",
        "Buy EUR/USD (1h) at 1.0853, stop 1.0800, target 1.0950, confidence 82 %",
        "<t:1767614400:f>",
        "Buy EUR/USD (1h) at 1.0853, stop 1.0800, target 1.0950, confidence 82 %",
      ].join("\n"),
    );
    expect(history.asked).toEqual([[alice.id, { pair: undefined, limit: 30 }]]);
  });

  it("tells only what was sent for a pair, also of a message that held more", async () => {
    const { history, command } = setUp();
    history.messages = [
      { sentAtMs, editedAtMs: undefined, signals: [sell, buy] },
      { sentAtMs, editedAtMs: undefined, signals: [sell] },
    ];
    const text = await ask(command, { pair: "eurusd" });
    expect(text).toBe(
      [
        "What was sent to you for EUR/USD",
        "<t:1767614400:f>",
        "Buy EUR/USD (1h) at 1.0853, stop 1.0800, target 1.0950, confidence 82 %",
      ].join("\n"),
    );
    expect(history.asked).toEqual([[alice.id, { pair: "EUR/USD", limit: 30 }]]);
  });

  it("says kindly when there is nothing yet", async () => {
    const { command } = setUp();
    expect(await ask(command)).toBe(texts.history.none);
    expect(await ask(command, { pair: "EUR/USD" })).toBe(texts.history.noneOfPair("EUR/USD"));
  });

  it("refuses what is no pair, and asks nobody", async () => {
    const { history, command } = setUp();
    expect(await refusalOf(command, { pair: "euro" })).toContain("is not a currency pair");
    expect(history.asked).toEqual([]);
  });

  it("says how many more there are than fit", async () => {
    const { history, command } = setUp();
    history.messages = Array.from({ length: 30 }, () => ({
      ...{ sentAtMs, editedAtMs: undefined },
      signals: Array.from({ length: 10 }, () => buy),
    }));
    expect(await ask(command)).toMatch(/… and \d+ more$/);
  });

  it("fails as what is kept when that cannot be reached", async () => {
    const { history, command } = setUp();
    history.failure = new Error("Connection is closed.");
    await expect(command.execute(requestOf())).rejects.toThrow(StoreError);
  });

  it("reads only, for the person alone, and suggests pairs", async () => {
    const { command } = setUp();
    expect([command.effect, command.visibility]).toEqual(["reads", "private"]);
    expect(await suggestionsOf(command, "pair", "aud")).toEqual([{ name: "AUD/USD", value: "AUD/USD" }]);
  });
});
