import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ScannedPair, type ScannedSignalView, scanCard, scanProgress } from "../../src/presentation/scan-card.ts";
import { expectPresentable, hostileSignal, hostileText } from "./hostile.ts";
import { read } from "./reading.ts";

const saidAt = new Date(Date.UTC(2026, 0, 5, 12, 0, 0));
const viewOf = (pair: string, more: Partial<ScannedSignalView>): ScannedSignalView => ({
  ...{ pair, direction: "buy", word: "buy", strength: "weak", confidence: 0.5, entryPrice: 1.5 },
  ...more,
});
const signal = (pair: string, more: Partial<ScannedSignalView>): ScannedPair => ({
  ...{ kind: "new", pair, saidAt, signal: viewOf(pair, more) },
});
const rankedIn = (scanned: readonly ScannedPair[]) =>
  read(scanCard(scanned, "1h"))
    .split("\n")
    .flatMap((line) => /^\d+\. (\w+ [\w/]+)/.exec(line)?.[1] ?? []);

const hostileScan: fc.Arbitrary<ScannedPair> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("new" as const, "outdated" as const),
    pair: hostileText,
    signal: hostileSignal,
    saidAt: fc.date({ noInvalidDate: false }),
  }),
  fc.record({ kind: fc.constant("noData" as const), pair: hostileText }),
  fc.record({ kind: fc.constant("failed" as const), pair: hostileText, why: hostileText }),
);

describe("the card of a scan", () => {
  it("has trades before holds before what nobody knows, and of each the stronger and surer first", () => {
    const scanned = [
      signal("AUD/USD", { direction: "hold", strength: "very_strong", confidence: 0.9 }),
      signal("EUR/GBP", { direction: "other", word: "moon" }),
      signal("EUR/USD", { strength: "moderate", confidence: 0.7 }),
      signal("GBP/USD", { direction: "sell", strength: "strong", confidence: 0.76 }),
      signal("NZD/USD", { strength: "strong", confidence: 0.8 }),
      signal("USD/CAD", { strength: "unheard-of", confidence: 0.99 }),
      signal("USD/CHF", { strength: undefined, confidence: undefined }),
      signal("USD/JPY", { strength: "weak", confidence: 0.5 }),
    ];
    expect(rankedIn(scanned)).toEqual([
      ...["Buy NZD/USD", "Sell GBP/USD", "Buy EUR/USD", "Buy USD/JPY", "Buy USD/CAD", "Buy USD/CHF"],
      ...["Hold AUD/USD", "Signal EUR/GBP"],
    ]);
  });

  it("says price, strength and confidence in short lines, a hold without a price", () => {
    const text = read(
      scanCard(
        [
          signal("USD/JPY", { strength: "very_strong", confidence: 0.915, entryPrice: 149.32 }),
          signal("EUR/USD", { direction: "hold", strength: "moderate", confidence: 0.68, entryPrice: 1.0853 }),
          signal("EUR/GBP", { direction: "other", word: "moon", strength: undefined, confidence: undefined }),
        ],
        "4h",
      ),
    );
    expect(text).toContain(
      [
        "3 pairs on 4h",
        "1. Buy USD/JPY at 149.32: very strong, 91.5 %",
        "2. Hold EUR/USD: moderate, 68 %",
        "3. Signal EUR/GBP “moon” at 1.5000",
      ].join("\n"),
    );
  });

  it("is in any order the same", () => {
    const scanned = ["EUR/USD", "GBP/USD", "USD/JPY", "AUD/USD"].map((pair) => signal(pair, {}));
    fc.assert(
      fc.property(fc.shuffledSubarray(scanned, { minLength: 4 }), (shuffled) => {
        expect(scanCard(shuffled, "1h")).toEqual(scanCard(scanned, "1h"));
      }),
    );
  });

  it("says when the oldest of its signals was said, and names what is out of date with its age", () => {
    const older = { ...signal("GBP/USD", {}), saidAt: new Date(saidAt.getTime() - 600_000) };
    const old: ScannedPair = { kind: "outdated", pair: "USD/JPY", saidAt, signal: viewOf("USD/JPY", {}) };
    const text = read(scanCard([signal("EUR/USD", {}), older, old], "1h"));
    expect(text).toContain(`The oldest of these is from <t:${saidAt.getTime() / 1000 - 600}:R>`);
    expect(text).toContain(
      `Out of date, not ranked: Buy USD/JPY at 1.50, weak, 50 %, from <t:${saidAt.getTime() / 1000}:R>`,
    );
    expect(rankedIn([old])).toEqual([]);
  });

  it("shows thirty pairs whole", () => {
    const pairs = Array.from({ length: 30 }, (_, index) => `A${String.fromCharCode(65 + index)}A/USD`.slice(0, 7));
    const scanned = pairs.map((pair) =>
      signal(pair, { strength: "very_strong", confidence: 0.912, entryPrice: 1.23456 }),
    );
    expect(read(scanCard(scanned, "15min"))).not.toContain("… and");
  });

  it("stays within limits and without effect whatever it holds", () => {
    fc.assert(
      fc.property(fc.array(hostileScan, { maxLength: 60, size: "max" }), (scanned) => {
        expectPresentable(scanCard(scanned, "1h"));
      }),
      { numRuns: 50 },
    );
  });
});

describe("the progress of a scan", () => {
  it("is a bar of one length, and a figure", () => {
    const at = (done: number) => scanProgress({ timeframe: "1h", done, total: 14, waitsUntil: undefined }).content;
    expect(at(0)).toBe("Scanning on 1h: ░░░░░░░░░░░░ 0 of 14");
    expect(at(7)).toBe("Scanning on 1h: ██████░░░░░░ 7 of 14");
    expect(at(14)).toBe("Scanning on 1h: ████████████ 14 of 14");
    expect(scanProgress({ timeframe: "1h", done: 0, total: 0, waitsUntil: undefined }).content).toContain("0 of 0");
  });

  it("says when it goes on", () => {
    expectPresentable(scanProgress({ timeframe: "1h", done: 3, total: 14, waitsUntil: saidAt }));
    expect(scanProgress({ timeframe: "1h", done: 3, total: 14, waitsUntil: saidAt }).content).toContain(
      "<t:1767614400:R>",
    );
  });
});
