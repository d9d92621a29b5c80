import { describe, expect, it } from "vitest";
import { BackendError, type BackendErrorKind } from "../../src/backend/backend.ts";
import { explain } from "../../src/commands/index.ts";
import { StoreError } from "../../src/commands/person-store.ts";

const beginnings: readonly (readonly [BackendErrorKind, string])[] = [
  ["busy", "The trading backend is busy"],
  ["down", "The trading backend cannot be reached"],
  ["slow", "The trading backend did not answer in time"],
  ["refused", "The trading backend refused the bot's request"],
  ["unknownPair", "The trading backend has no market data for this pair"],
  ["notFound", "The trading backend no longer knows"],
  ["conflict", "The trading backend has something else in that place"],
  ["badAnswer", "The trading backend gave an answer that makes no sense"],
  ["ourFault", "The bot asked the trading backend in a wrong way"],
  ["aborted", "This was stopped before it was finished"],
];

describe("a failure explained", () => {
  it.each(beginnings)("by kind: %s is %j", (kind, beginning) => {
    const { content } = explain(new BackendError(kind, "fetchSignal"), "k3f9a2");
    expect(content).toMatch(new RegExp(`^${beginning}`));
    expect(content).toMatch(/\nReference: `k3f9a2`$/);
  });

  it("says of the bot's own memory that it is away, and of nothing that it was done", () => {
    const { content } = explain(new StoreError("change rules", new Error("Connection is closed.")), "k3f9a2");
    expect(content).toMatch(/^The bot's own memory cannot be reached at the moment\..*look whether it was done\./);
    expect(content).toMatch(/\nReference: `k3f9a2`$/);
  });

  it("says when to come back to a busy backend", () => {
    const told = (retryAfterMs?: number) =>
      explain(new BackendError("busy", "x", retryAfterMs === undefined ? {} : { retryAfterMs }), "r").content;
    expect(told(20_000)).toContain("Try again in 20 seconds.");
    expect(told(871_000)).toContain("Try again in 15 minutes.");
    expect(told()).toContain("Try again in a few minutes.");
  });

  it.each([
    new BackendError("ourFault", "SELECT secret FROM users", { status: 500 }),
    new StoreError("read rules", new Error("secret")),
    new Error("https://discord.com/api/webhooks/1/secret-token"),
    "secret",
    { secret: "secret" },
    undefined,
    null,
  ])("never tells the error's own text", (error) => {
    const { content } = explain(error, "k3f9a2");
    expect(content).not.toMatch(/secret|500|http|undefined|null/i);
    expect(content).toContain("`k3f9a2`");
  });

  it("is an apology for what nobody foresaw", () => {
    expect(explain(new TypeError("x is not a function"), "k3f9a2").content).toMatch(/^Sorry, something went wrong/);
  });
});
