import { describe, expect, it } from "vitest";
import { pairListOption, readPairs } from "../../src/commands/pair-list.ts";
import { Refusal } from "../../src/interactions/index.ts";
import { alice } from "./asking.ts";

describe("a list of pairs", () => {
  it.each<readonly [typed: string, pairs: readonly string[]]>([
    ["EUR/USD", ["EUR/USD"]],
    ["eurusd, GBP-USD usd_jpy", ["EUR/USD", "GBP/USD", "USD/JPY"]],
    ["EUR / USD, gbp/ usd", ["EUR/USD", "GBP/USD"]],
    ["eur usd gbp usd", ["EUR/USD", "GBP/USD"]],
    ["EUR,USD;GBPUSD", ["EUR/USD", "GBP/USD"]],
    [" eurusd ,, \n EURUSD 、usdjpy ", ["EUR/USD", "USD/JPY"]],
    ["ｅｕｒｕｓｄ，usdjpy", ["EUR/USD", "USD/JPY"]],
  ])("is read from %j", (typed, pairs) => {
    expect(readPairs(typed)).toEqual({ pairs, unreadable: [] });
  });

  it.each<readonly [typed: string, unreadable: readonly string[]]>([
    ["gold EURUSD", ["gold"]],
    ["eurusd eur", ["eur"]],
    ["EUR/EUR usd usd", ["EUR/EUR", "usd usd"]],
    ["eurusd ЕURUSD", ["ЕURUSD"]],
  ])("is not read whole from %j", (typed, unreadable) => {
    expect(readPairs(typed).unreadable).toEqual(unreadable);
  });

  const refusalOf = (typed: string): string => {
    try {
      pairListOption({ options: { pairs: typed }, person: alice }, "pairs");
    } catch (error) {
      if (error instanceof Refusal) return error.message;
    }
    throw new Error("was accepted");
  };

  it("is refused with the names of what cannot be read, a few of them, and harmlessly", () => {
    expect(refusalOf("gold <@1> a b c d e")).toBe(
      "“gold”, “\\<\\@1\\>”, “a”, “b”, “c” and 2 more cannot be read as currency pairs. Separate pairs by commas or spaces, for example EUR/USD, gbpusd usd-jpy.",
    );
  });

  it("is refused when it names none, or too many", () => {
    expect(refusalOf(" , ; ")).toMatch(/^pairs names no pair/);
    const many = Array.from(
      { length: 31 },
      (_, index) => `AA${String.fromCharCode(65 + (index % 26))}BB${index < 26 ? "A" : "B"}`,
    );
    expect(refusalOf(many.join(" "))).toMatch(/^pairs can name 30 pairs at most; yours are 31/);
  });

  it("is absent when nothing was typed", () => {
    expect(pairListOption({ options: {}, person: alice }, "pairs")).toBeUndefined();
    expect(pairListOption({ options: { pairs: "  " }, person: alice }, "pairs")).toBeUndefined();
  });
});
