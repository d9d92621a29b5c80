import { describe, expect, it } from "vitest";
import { normalisePair, suggestPairs } from "../../src/commands/pair.ts";

describe("a pair", () => {
  it.each([
    "EUR/USD",
    "eurusd",
    "eur-usd",
    "Eur_Usd",
    " EUR / USD ",
    "eur usd",
    "EUR\\USD",
    "ＥＵＲ／ＵＳＤ",
    "eur.usd",
  ])("typed as %j is EUR/USD", (typed) => expect(normalisePair(typed)).toBe("EUR/USD"));

  it.each([
    "",
    "EUR",
    "EUR/",
    "EURUSDX",
    "EUR/USD/JPY",
    "EU/RUSD",
    "EUR/EUR",
    "123/456",
    "eu\u0131usd",
    "euß/us",
    "<@1>",
  ])("typed as %j is none", (typed) => expect(normalisePair(typed)).toBeUndefined());
});

describe("suggested pairs", () => {
  const pairs = ["EUR/USD", "GBP/USD", "USD/JPY", "EUR/GBP", "AUD/USD"];
  const names = (typed: string) => suggestPairs(pairs, typed).map(({ value }) => value);

  it("are all of them before anything is typed", () => {
    expect(names("")).toEqual(pairs);
  });

  it.each([
    ["eurusd", ["EUR/USD"]],
    ["eur", ["EUR/USD", "EUR/GBP"]],
    ["USD/J", ["USD/JPY"]],
    ["usd", ["USD/JPY", "EUR/USD", "GBP/USD", "AUD/USD"]],
    ["ud-u", ["AUD/USD"]],
    ["xyz", []],
  ])("for %j are %j, those that begin so first", (typed, expected) => {
    expect(names(typed)).toEqual(expected);
  });

  it("are never more than Discord shows, nor longer", () => {
    const many = [...Array.from({ length: 60 }, (_, index) => `AAA/${index}`), "A".repeat(101)];
    expect(suggestPairs(many, "a")).toHaveLength(25);
    expect(suggestPairs(["A".repeat(101)], "a")).toEqual([]);
  });
});
